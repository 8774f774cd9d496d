internal import Synchronization

/// Adapts a blocking client session to `DatabaseConnection`: a deadline for every call, and a worker thread for calls
/// that block.
public final class ServerConnection<Session: ServerSession>: DatabaseConnection {
    private let session: Session
    private let calls: CallScheduler
    private let wantsReset = Atomic(false)
    /// The limit of control statements.
    private let controlLimit: Duration
    private static var pingLimit: Duration { .seconds(2) }

    public init(_ session: Session, calls: CallScheduler, controlLimit: Duration) {
        self.session = session
        self.calls = calls
        self.controlLimit = controlLimit
    }

    public var needsReset: Bool { wantsReset.load(ordering: .acquiring) }

    public func isConnected() async -> Bool {
        guard !calls.isBroken else { return false }
        if let isConnected = session.isConnected { return isConnected }
        do {
            try await run(limit: Self.pingLimit) { try $0.ping() }
            return true
        } catch {
            return false
        }
    }

    public func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        let outcome = try await perform(statement, limits, keepsRows: true)
        return ResultSet(columns: outcome.columns, cells: outcome.cells)
    }

    public func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        let outcome = try await perform(statement, limits, keepsRows: false)
        return ExecutionResult(changes: outcome.changes, lastInsertID: outcome.lastInsertID)
    }

    private func perform(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) async throws -> StatementOutcome {
        do {
            return try await calls.run(
                limit: limits.timeLimit,
                start: { [session] in try session.start(statement, limits, keepsRows: keepsRows) },
                resume: { [session] in try session.resume() })
        } catch {
            throw noting(error)
        }
    }

    public func begin(_ access: Access) async throws {
        wantsReset.store(true, ordering: .releasing)
        try await run { try $0.begin(access) }
    }

    /// Ignores cancellation, so that the caller always learns whether the commit succeeded.
    public func commit() async throws {
        try await runFirmly { try $0.commit() }
        wantsReset.store(false, ordering: .releasing)
    }

    public func rollback() async throws {
        try await runFirmly { try $0.rollback() }
        wantsReset.store(false, ordering: .releasing)
    }

    public func reset() async -> Bool {
        do {
            try await rollback()
            return !calls.isBroken && session.isConnected ?? true
        } catch {
            return false
        }
    }

    public func interrupt() { calls.interrupt() }

    public func close() async { await calls.close { [session] in session.close() } }

    /// Runs the body, then closes the connection.
    public func closing<Result>(
        after body: (ServerConnection<Session>) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(self)
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }

    /// Runs the engine's own work on the session.
    /// - Parameter limit: nil for the limit of control statements.
    public func run<Result: Sendable>(
        limit: Duration? = nil, _ body: @escaping @Sendable (Session) throws -> Result
    ) async throws -> Result {
        do {
            return try await calls.run(limit: limit ?? controlLimit) { [session] in try body(session) }
        } catch {
            throw noting(error)
        }
    }

    private func noting(_ error: any Error) -> any Error {
        wantsReset.store(true, ordering: .releasing)
        return Session.translated(error)
    }

    private func runFirmly(_ body: @escaping @Sendable (Session) throws -> Void) async throws {
        do {
            try await calls.runFirmly(limit: controlLimit) { [session] in try body(session) }
        } catch {
            throw Session.translated(error)
        }
    }
}
