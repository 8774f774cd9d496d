internal import Synchronization
internal import Tenancy

/// A connection as the pool knows it.
final class MySQLConnection: DatabaseConnection {
    private let handle: MySQLHandle
    private let calls: BlockingCalls
    private let wantsReset = Atomic(false)
    /// For what has no limits of its own.
    private let controlLimit: Duration

    init(_ handle: MySQLHandle, calls: BlockingCalls, controlLimit: Duration) {
        self.handle = handle
        self.calls = calls
        self.controlLimit = controlLimit
    }

    var needsReset: Bool { wantsReset.load(ordering: .acquiring) }
    var isConnected: Bool { !calls.isBroken && handle.link.isQuiet }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        let outcome = try await run(limit: limits.timeLimit) { try $0.run(statement, limits, keepsRows: true) }
        return ResultSet(columns: outcome.columns, cells: outcome.cells)
    }

    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        let outcome = try await run(limit: limits.timeLimit) { try $0.run(statement, limits, keepsRows: false) }
        return ExecutionResult(changes: outcome.changes, lastInsertID: outcome.lastInsertID)
    }

    func begin(_ access: Access) async throws {
        wantsReset.store(true, ordering: .releasing)
        try await run(limit: controlLimit) { try $0.begin(access) }
    }

    /// Not cut short by cancellation, so that the caller always learns whether it happened.
    func commit() async throws {
        try await runFirmly { try $0.commit() }
        wantsReset.store(false, ordering: .releasing)
    }

    func rollback() async throws {
        try await runFirmly { try $0.rollback() }
        wantsReset.store(false, ordering: .releasing)
    }

    func reset() async -> Bool {
        do {
            try await rollback()
            return isConnected
        } catch {
            return false
        }
    }

    func interrupt() { calls.interrupt() }

    func close() async { await calls.close { [handle] in handle.close() } }

    /// Runs work of the engine's own.
    func administer<Result: Sendable>(
        limit: Duration? = nil, _ body: @escaping @Sendable (MySQLLink) throws -> Result
    ) async throws -> Result {
        try await run(limit: limit ?? controlLimit) { try $0.administer(body) }
    }

    private func run<Result: Sendable>(
        limit: Duration, _ body: @escaping @Sendable (MySQLHandle) throws -> Result
    ) async throws -> Result {
        do {
            return try await calls.run(limit: limit) { [handle] in try Self.perform(handle, body) }
        } catch {
            wantsReset.store(true, ordering: .releasing)
            throw error
        }
    }

    private func runFirmly(_ body: @escaping @Sendable (MySQLHandle) throws -> Void) async throws {
        try await calls.runFirmly(limit: controlLimit) { [handle] in try Self.perform(handle, body) }
    }

    private static func perform<Result>(
        _ handle: MySQLHandle, _ body: (MySQLHandle) throws -> Result
    ) throws -> Result {
        do {
            return try body(handle)
        } catch let failure as MySQLFailure {
            throw failure.tenancyError
        }
    }
}
