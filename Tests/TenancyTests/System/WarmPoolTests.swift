import Logging
import SQLiteEngine
import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy

/// The bounds of docs/limits.md on the stock of databases, on servers that take everything and keep nothing.
@Suite(.timeLimit(.minutes(1))) struct WarmPoolTests {
    private struct Planted: Error {}

    /// Lends a system with so many servers, of which the last takes new databases.
    private func withServers(
        _ count: Int, faults: FaultPoints = .none,
        _ body: (MultiTenantDatabaseManager, ManualTimeSource) async throws -> Void
    ) async throws {
        let time = ManualTimeSource()
        let base = try await TestSystem.open(SQLiteEngine(), time: time)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let ring = KeyRing(current: .random())
        let manager = MultiTenantDatabaseManager(
            main: base.main, engines: EngineRegistry([SQLiteEngine(), HollowEngine()]), schema: TestSystem.userSchema,
            dataDirectory: base.directory.path, keyRing: ring, options: .init(warmPoolSize: 1, faults: faults),
            logger: logger)
        try await base.main.transaction { database in
            for number in 1...count {
                let login = Login(name: "provisioner", password: Secret("x"))
                let request = try ServerRequest(
                    name: "server\(number)", engine: .postgresql, host: "db\(number)", login: login)
                let sealed = try ring.seal(login.password, in: request.passwordPlace)
                _ = try await ServerRepository(database).insert(request, sealedPassword: sealed, date: time.wallNow)
            }
            try await database.execute(
                "UPDATE Database_Server SET State = 'draining' WHERE Name <> ?", [.text("server\(count)")])
        }
        try await body(manager, time)
        await manager.shutDown()
        await base.close()
    }

    private func stock(of manager: MultiTenantDatabaseManager) async throws -> [String] {
        try await manager.main.withDatabase(.read) {
            try await $0.fetchAll("SELECT State FROM Warm_Database").map { try $0.text("State") }
        }
    }

    @Test(arguments: [(1, ["ready"]), (1000, ["ready"]), (1001, ["ready"])] as [(Int, [String])])
    func serversThatGetAStock(count: Int, expected: [String]) async throws {
        try await withServers(count) { manager, _ in
            try await manager.refillWarmPool()
            #expect(try await stock(of: manager) == expected)
        }
    }

    /// Whoever reserved it may still be at work for ten minutes.
    @Test func whatIsStillBeingMadeIsTakenUpAfterTenMinutes() async throws {
        let isArmed = Atomic(true)
        let faults = FaultPoints { name in
            guard name == FaultPoints.after(WarmStep.reserve) else { return }
            guard isArmed.exchange(false, ordering: .relaxed) else { return }
            throw Planted()
        }
        try await withServers(1, faults: faults) { manager, time in
            try await manager.refillWarmPool()
            #expect(try await stock(of: manager) == ["making"])
            time.advance(by: .seconds(600))
            try await manager.refillWarmPool()
            #expect(try await stock(of: manager) == ["making"])
            time.advance(by: .milliseconds(1))
            try await manager.refillWarmPool()
            #expect(try await stock(of: manager) == ["ready"])
        }
    }
}

/// Servers that take everything and keep nothing.
private final class HollowEngine: DatabaseEngine {
    let kind = EngineKind.postgresql
    let dialect: any Dialect = SQLiteEngine().dialect
    let capabilities = EngineCapabilities(hasSingleWriter: false, descriptorsPerConnection: 2, isEmbedded: false)

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        throw TenancyError(.connectionFailed, "There is nothing to connect to.")
    }

    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {}
    func dropDatabase(at location: DatabaseLocation) async throws {}
    func quarantine(_ location: DatabaseLocation) async throws {}
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 { 0 }
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? { nil }
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] { [] }
}
