import SQLiteEngine
import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy

/// What a registration asks of the main database: its job costs no transaction of its own.
@Suite(.timeLimit(.minutes(1))) struct RegistrationCostTests {
    @Test func aRegistrationWritesTheMainDatabaseTwice() async throws {
        let engine = TransactionCounter(SQLiteEngine())
        try await TestSystem.with(engine) { system in
            try await system.addUser("ada")
            let before = engine.count.withLock { $0 }
            for name in ["bob", "cyd", "dan"] { try await system.addUser(name) }
            #expect(engine.count.withLock { $0 } - before == 6)
            let jobs = try await system.manager.jobs.list(limit: 9)
            #expect(jobs.allSatisfy { $0.job.state == .done && $0.job.attempts == 1 && $0.job.owner == nil })
        }
    }
}

/// Counts the write transactions of the main database.
private final class TransactionCounter: ForwardingEngine {
    let engine: any DatabaseEngine
    /// Each transaction has a commit of its own, so that they can be counted.
    let capabilities: EngineCapabilities
    let count = Lock(0)

    init(_ engine: any DatabaseEngine) {
        self.engine = engine
        capabilities = EngineCapabilities(
            hasSingleWriter: engine.capabilities.hasSingleWriter,
            descriptorsPerConnection: engine.capabilities.descriptorsPerConnection,
            isEmbedded: engine.capabilities.isEmbedded)
    }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let connection = try await engine.connect(to: location, as: role)
        return role == .main ? Connection(connection, self) : connection
    }

    private final class Connection: DatabaseConnection {
        private let connection: any DatabaseConnection
        private let counter: TransactionCounter

        init(_ connection: any DatabaseConnection, _ counter: TransactionCounter) {
            self.connection = connection
            self.counter = counter
        }

        var needsReset: Bool { connection.needsReset }
        func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
            try await connection.query(statement, limits: limits)
        }
        func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
            try await connection.execute(statement, limits: limits)
        }
        func begin(_ access: Access) async throws {
            if access == .write { counter.count.withLock { $0 += 1 } }
            try await connection.begin(access)
        }
        func commit() async throws { try await connection.commit() }
        func rollback() async throws { try await connection.rollback() }
        func reset() async -> Bool { await connection.reset() }
        func interrupt() { connection.interrupt() }
        func close() async { await connection.close() }
    }
}
