internal import Synchronization
internal import Tenancy

/// A connection as the pool knows it.
final class PostgreSQLConnection: DatabaseConnection {
    private let handle: PostgreSQLHandle
    private let calls: BlockingCalls
    private let wantsReset = Atomic(false)
    /// For what has no limits of its own.
    fileprivate let controlLimit: Duration

    init(_ handle: PostgreSQLHandle, calls: BlockingCalls, controlLimit: Duration) {
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
        return ExecutionResult(changes: outcome.changes, lastInsertID: nil)
    }

    func begin(_ access: Access) async throws {
        wantsReset.store(true, ordering: .releasing)
        try await run(limit: controlLimit) { try $0.begin(access) }
    }

    /// Not cut short by cancellation, so that the caller always learns whether it happened.
    func commit() async throws {
        try await calls.runFirmly(limit: controlLimit) { [handle] in try handle.commit() }
        wantsReset.store(false, ordering: .releasing)
    }

    func rollback() async throws {
        try await calls.runFirmly(limit: controlLimit) { [handle] in
            if handle.isInTransaction { try handle.control("ROLLBACK") }
        }
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

    func close() async { await calls.close { [handle] in handle.link.close() } }

    fileprivate func run<Result: Sendable>(
        limit: Duration, _ body: @escaping @Sendable (PostgreSQLHandle) throws -> Result
    ) async throws -> Result {
        do {
            return try await calls.run(limit: limit) { [handle] in try body(handle) }
        } catch {
            wantsReset.store(true, ordering: .releasing)
            throw error
        }
    }
}

extension PostgreSQLConnection {
    /// Lets a role log in with a password, of which the server and its log see nothing but the SCRAM verifier.
    func setPassword(of login: Login, quotedName: String) async throws {
        try await run(limit: controlLimit) { handle in
            let verifier = try handle.link.verifier(of: login)
            try handle.control("ALTER ROLE \(quotedName) WITH LOGIN PASSWORD '\(verifier)'")
        }
    }
}
