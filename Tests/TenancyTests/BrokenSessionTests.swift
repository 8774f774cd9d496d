import SQLiteEngine
internal import Tenancy
import TenancyTesting
import Testing

/// What ends a session after its login says nothing of the server, whose other users go on.
@Suite struct BrokenSessionTests {
    private let location = DatabaseLocation(engine: .postgresql, host: "db", port: 5432, name: "a")

    @Test func aSessionThatBreaksAfterItsLoginCountsForItsDatabaseAlone() async {
        let health = ServerHealth(time: ManualTimeSource())
        let engine = BrokenSessionEngine()
        for _ in 0..<10 {
            let error = await #expect(throws: TenancyError.self) {
                try await health.watch(location) {
                    _ = try await engine.connect(to: location, as: .user, firstQuery: "SELECT 1")
                }
            }
            #expect(error?.code == .loginRefused)
        }
        #expect(health.unavailable.isEmpty)
    }
}

/// An engine whose sessions end with the first statement.
private final class BrokenSessionEngine: DatabaseEngine {
    private final class BrokenConnection: DatabaseConnection {
        private static let failure = TenancyError(.connectionFailed, "planted")
        let needsReset = false

        func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet { throw Self.failure }
        func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
            throw Self.failure
        }
        func begin(_ access: Access) async throws {}
        func commit() async throws {}
        func rollback() async throws {}
        func reset() async -> Bool { false }
        func interrupt() {}
        func close() async {}
    }

    let kind = EngineKind.postgresql
    let dialect: any Dialect = SQLiteEngine().dialect
    let capabilities = EngineCapabilities(hasSingleWriter: false, descriptorsPerConnection: 2, isEmbedded: false)

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        BrokenConnection()
    }
    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {}
    func dropDatabase(at location: DatabaseLocation) async throws {}
    func quarantine(_ location: DatabaseLocation) async throws {}
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 { 0 }
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? { nil }
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] { [] }
}
