internal import Synchronization
internal import Tenancy

/// A connection as the pool knows it: hands each call to one of the engine's threads, but for short reads.
final class SQLiteConnection: DatabaseConnection {
    private let box: SQLiteBox
    private let workers: WorkerThreads
    private let cancellation = SQLiteCancellation()
    private let wantsReset = Atomic(false)

    init(_ box: SQLiteBox, workers: WorkerThreads) {
        self.box = box
        self.workers = workers
    }

    var needsReset: Bool { wantsReset.load(ordering: .acquiring) }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        if let result = try queryAtOnce(statement, limits) { return result }
        return try await run { try $0.query(statement, limits, $1) }
    }

    /// Runs a short read on the calling thread, which costs less than handing it to another one.
    /// - Returns: nil where it is not known to be short or the connection is in use; nothing has happened then.
    private func queryAtOnce(_ statement: SQLStatement, _ limits: StatementLimits) throws -> ResultSet? {
        guard !Task.isCancelled, !cancellation.isStopped else { return nil }
        do {
            return try box.withHandleIfFree { try $0.queryIfShort(statement, limits) }
        } catch {
            wantsReset.store(true, ordering: .releasing)
            throw error
        }
    }

    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        try await run { try $0.execute(statement, limits, $1) }
    }

    func begin(_ access: Access) async throws {
        wantsReset.store(true, ordering: .releasing)
        let sql = access == .write ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED"
        try await run { try $0.control(sql, limits: StatementLimits(), $1) }
    }

    /// Not cut short by cancellation, so that the caller always learns whether it happened.
    func commit() async throws {
        let ticket = cancellation.makeFirmTicket()
        try await workers.run { [box] in
            try box.withHandle { try $0.control(SQLiteHandle.commit, limits: StatementLimits(), ticket) }
        }
        wantsReset.store(false, ordering: .releasing)
    }

    func rollback() async throws {
        let ticket = cancellation.makeFirmTicket()
        try await workers.run { [box] in
            try box.withHandle { handle in
                if handle.isInTransaction { try handle.control("ROLLBACK", limits: StatementLimits(), ticket) }
            }
        }
        wantsReset.store(false, ordering: .releasing)
    }

    func reset() async -> Bool {
        do {
            try await rollback()
            return !box.isBroken
        } catch {
            return false
        }
    }

    /// One look at the file system, so that nobody goes on working in a file that was removed or replaced.
    func isConnected() async -> Bool {
        // In use it is not idle, which is what is asked about; and looking cannot fail.
        ((try? box.withHandleIfFree { !$0.hasMoved }) ?? nil) ?? true
    }

    func interrupt() { cancellation.stop() }

    func close() async {
        // The closure that only closes cannot fail.
        try? await workers.run { [box] in box.close() }
    }

    private func run<Result: Sendable>(
        _ body: @escaping @Sendable (SQLiteHandle, SQLiteCancellation.Ticket) throws -> Result
    ) async throws -> Result {
        let ticket = cancellation.makeTicket()
        do {
            return try await withTaskCancellationHandler {
                try await workers.run { [box] in try box.withHandle { try body($0, ticket) } }
            } onCancel: {
                ticket.cancel()
            }
        } catch {
            wantsReset.store(true, ordering: .releasing)
            throw error
        }
    }
}
