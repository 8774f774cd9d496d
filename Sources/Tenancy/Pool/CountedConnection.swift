/// A connection outside the pools that gives its share back once it is closed.
final class CountedConnection: DatabaseConnection {
    let connection: any DatabaseConnection
    private let share: PoolDirectory.Machine.Lease
    private let pools: PoolDirectory

    init(_ connection: any DatabaseConnection, share: PoolDirectory.Machine.Lease, of pools: PoolDirectory) {
        self.connection = connection
        self.share = share
        self.pools = pools
    }

    func close() async {
        await connection.close()
        await pools.release(share)
    }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        try await connection.query(statement, limits: limits)
    }

    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        try await connection.execute(statement, limits: limits)
    }

    func begin(_ access: Access) async throws { try await connection.begin(access) }
    func commit() async throws { try await connection.commit() }
    func rollback() async throws { try await connection.rollback() }
    func reset() async -> Bool { await connection.reset() }
    var needsReset: Bool { connection.needsReset }
    func isConnected() async -> Bool { await connection.isConnected() }
    func interrupt() { connection.interrupt() }
}
