import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

@Suite("ServerDirectory", .timeLimit(.minutes(1)))
struct ServerDirectoryTests {
    private static func server(host: String, _ ring: KeyRing) throws -> DatabaseServer {
        let request = try ServerRequest(
            name: "server", engine: .postgresql, host: host, port: nil, login: Login(name: "a", password: Secret("b")))
        return DatabaseServer(
            id: 1, name: "server", engine: .postgresql, host: host, port: nil, login: "a",
            sealedPassword: try ring.seal(Secret("b"), in: request.passwordPlace), tls: TLSOptions(),
            maxConnections: 1, region: nil, state: .active)
    }

    @Test func aReadThatBeganBeforeAnInvalidationIsNotKept() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ring = KeyRing(current: TestSystem.rootKey)
            let directory = ServerDirectory(main: system.main, keyRing: ring)
            let old = try Self.server(host: "old", ring)
            let read = try await directory.server(1) {
                // A change comes while the row is being read.
                directory.invalidate()
                return old
            }
            #expect(read.host == "old")
            let new = try Self.server(host: "new", ring)
            #expect(try await directory.server(1) { new }.host == "new", "asked again")
            #expect(try await directory.server(1) { old }.host == "new", "known now")
        }
    }
}
