internal import Synchronization

/// Holding a database: new leases wait, while those that are out end.
extension PoolDirectory {
    /// Runs the body while no lease of a database is out and new ones wait, of whichever epoch.
    ///
    /// Waits for the leases that are out; to end them at once, drain the key. Revoked ones count until they end, so nothing
    /// of an older epoch is written while the body runs or after it. The hold ends with the body, never before it.
    /// So that requests do not wait for ever, the whole may last no longer than the limit: then the body is cancelled.
    /// - Parameters:
    ///   - key: any of the database's.
    ///   - body: must not lease the database, which would wait for itself.
    /// - Throws: ``TenancyError`` `busy` if the database is held already, `deadlineExceeded` at the limit, `shuttingDown`,
    ///   `cancelled`; what the body throws.
    package func withHold<Result: Sendable>(
        on key: PoolKey, upTo limit: Duration, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let (hold, ticket) = try beginHold(key)
        do {
            let result = try await withDeadline(limit) { [self] in
                if let ticket { try await untilQuiet(ticket) }
                return try await body()
            }
            await perform { $0.release(hold) }
            return result
        } catch {
            await perform { $0.release(hold) }
            throw error
        }
    }

    /// - Returns: the ticket for the moment at which no lease is out any more; nil if none is.
    private func beginHold(_ key: PoolKey) throws -> (Machine.Hold, QuietLine.Ticket?) {
        try state.withLock { state in
            switch state.machine.hold(key) {
            case .hold(let hold, let isQuiet): (hold, isQuiet ? nil : state.untilQuiet.join(hold))
            case .refuse(let refusal): throw Self.error(of: refusal)
            }
        }
    }

    private func untilQuiet(_ ticket: QuietLine.Ticket) async throws {
        try await QuietLine.wait(for: ticket) { [self] change in state.withLock { change(&$0.untilQuiet) } }
    }

    /// - Throws: `deadlineExceeded` if the body did not end in time; what it throws otherwise.
    private func withDeadline<Result: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask { [time] in
                do { try await time.sleep(for: limit) } catch { throw TenancyError.cancelledWhileWaiting }
                return nil
            }
            defer { group.cancelAll() }
            if let result = try await group.next() ?? nil { return result }
            group.cancelAll()
            // What the body did in the end counts; that it was cancelled does not.
            if let late = try? await group.next() ?? nil { return late }
            throw Self.holdTimeoutError(limit)
        }
    }
}
