internal import Synchronization
internal import Tenancy

/// A connection as the pool knows it: hands each call to one of the engine's threads.
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
        try await run { try $0.query(statement, limits, $1) }
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
            try box.withHandle { try $0.control("COMMIT", limits: StatementLimits(), ticket) }
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
