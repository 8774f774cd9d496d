internal import Synchronization

/// Shares of the process and of a server, for connections outside all pools.
extension PoolDirectory {
    /// Takes a share while the body runs. Waits for it as leases do.
    /// - Throws: ``TenancyError`` `poolTimeout`, `overloaded`, `shuttingDown` or `cancelled`; what the body throws.
    package func withReservation<Result>(
        on server: ServerLimit?, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        let reservation = try await reserve(on: server)
        return try await keep(reservation, body)
    }

    /// The same, if a share is free.
    /// - Returns: nil if none is.
    package func withFreeReservation<Result>(
        on server: ServerLimit?, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result? {
        if let server { await perform { $0.setLimit(server) } }
        guard let (grant, lease) = state.withLock({ $0.machine.reserveIfFree(on: server) }) else { return nil }
        await makeRoom(for: grant)
        return try await keep(lease, body)
    }

    /// Takes a share until ``release(_:)``.
    /// - Throws: as ``withReservation(on:isolation:_:)`` does.
    func reserve(on server: ServerLimit?) async throws -> Machine.Lease {
        let (grant, lease) = try await ask(on: server, at: .reservations(server: server?.server)) {
            $0.reserve(on: server)
        }
        await makeRoom(for: grant)
        return lease
    }

    /// Gives a reservation's share back. Does nothing if it was given back.
    func release(_ reservation: Machine.Lease) async { await perform { $0.closedInsteadOfGivenBack(reservation) } }

    private func keep<Result>(
        _ reservation: Machine.Lease, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        do {
            let result = try await body()
            await release(reservation)
            return result
        } catch {
            await release(reservation)
            throw error
        }
    }
}
