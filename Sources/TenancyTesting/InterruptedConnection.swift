internal import Synchronization
internal import Tenancy

/// A connection that is lost after some statements, as that of a process that was killed.
final class InterruptedConnection: DatabaseConnection {
    struct Interruption: Error {}

    private let base: any DatabaseConnection
    private let left: Mutex<Int>

    /// - Parameter count: how many statements, beginnings and ends of transactions it sends.
    init(_ base: any DatabaseConnection, after count: Int) {
        self.base = base
        left = Mutex(count)
    }

    private func pass() async throws {
        let isOver = left.withLock { left in
            left -= 1
            return left < 0
        }
        guard isOver else { return }
        await base.close()
        throw Interruption()
    }

    var needsReset: Bool { base.needsReset }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        try await pass()
        return try await base.query(statement, limits: limits)
    }
    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        try await pass()
        return try await base.execute(statement, limits: limits)
    }
    func begin(_ access: Access) async throws {
        try await pass()
        try await base.begin(access)
    }
    func commit() async throws {
        try await pass()
        try await base.commit()
    }
    /// A process that was killed rolls nothing back; the engine does.
    func rollback() async throws {}
    func reset() async -> Bool { await base.reset() }
    func interrupt() { base.interrupt() }
    func close() async { await base.close() }
}
