import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Connections are encrypted and their server is checked, as far as was asked for. The first server of each kind has a
/// certificate for the name localhost, signed by itself; the second has none.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct EncryptionTests {
    private static let kinds: [EngineKind] = [.postgresql, .mysql]

    @Test(
        arguments: kinds,
        [
            ("disable", "127.0.0.1", false), ("prefer", "127.0.0.1", true), ("require", "127.0.0.1", true),
            ("verify-ca:certificate.pem", "127.0.0.1", true), ("verify-full:certificate.pem", "localhost", true),
        ] as [(String, String, Bool)])
    func aConnectionIsEncryptedAsAsked(
        kind: EngineKind, asked: (tls: String, host: String, isEncrypted: Bool)
    ) async throws {
        let report = try await inspect(kind, TestDatabaseServer.shared(kind), asked.tls, host: asked.host)
        #expect(report.isEncrypted == asked.isEncrypted)
    }

    @Test(
        arguments: kinds,
        [
            ("verify-full:certificate.pem", "127.0.0.1"), ("verify-ca:other.pem", "127.0.0.1"),
            ("verify-full:other.pem", "localhost"), ("verify-full", "localhost"),
            ("verify-full:missing.pem", "localhost"),
        ])
    func aServerThatCannotProveItsNameIsRefused(kind: EngineKind, asked: (tls: String, host: String)) async throws {
        let error = await #expect(throws: TenancyError.self) {
            try await inspect(kind, TestDatabaseServer.shared(kind), asked.tls, host: asked.host)
        }
        #expect(error?.code == .connectionFailed)
    }

    @Test(arguments: kinds) func aServerWithoutACertificateIsUsedOnlyWhereThatIsAllowed(kind: EngineKind) async throws {
        let server = try TestDatabaseServer.stoppable(kind)
        #expect(try await inspect(kind, server, "prefer", host: "127.0.0.1").isEncrypted == false)
        for tls in ["require", "verify-ca:certificate.pem", "verify-full:certificate.pem"] {
            let error = await #expect(throws: TenancyError.self, "\(tls)") {
                try await inspect(kind, server, tls, host: "localhost")
            }
            #expect(error?.code == .connectionFailed)
        }
    }

    /// - Parameter tls: with a file's name in the servers' folder for its path.
    private func inspect(
        _ kind: EngineKind, _ server: TestDatabaseServer, _ tls: String, host: String
    ) async throws -> ServerReport {
        let folder = try #require(ProcessInfo.processInfo.environment["UNIFY_TEST_SERVERS"])
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        var location = server.location
        location.host = host
        location.tls = try #require(TLSOptions(tls.replacing(":", with: ":\(folder)/")))
        return try await place.engine.inspectServer(location, namePrefix: "user_")
    }
}
