import Testing

@testable import Tenancy

/// What a connection is to be where nobody says: verified, unless it stays on this machine.
@Suite struct TLSDefaultTests {
    @Test(
        arguments: [
            (nil, true), ("", true), ("localhost", true), ("LOCALHOST", true), ("db.localhost", true),
            ("127.0.0.1", true),
            ("127.9.8.7", true), ("::1", true), ("/var/run/postgresql", true), ("localhost\\SQLEXPRESS", true),
            ("db1.example.org", false), ("10.0.0.1", false), ("127.0.0.1.example.org", false), ("127.0.0", false),
            ("localhost.example.org", false), ("128.0.0.1", false), ("::2", false), ("db\\SQLEXPRESS", false),
        ] as [(String?, Bool)])
    func hostsElsewhereAreVerified(host: String?, isHere: Bool) throws {
        #expect(TLSOptions.isLoopback(host) == isHere)
        #expect(TLSOptions.standard(for: host).mode == (isHere ? .prefer : .verifyFull))
        #expect(TLSOptions(mode: .require).isUnverified(for: host) != isHere)
        #expect(!TLSOptions(mode: .verifyCA).isUnverified(for: host))
    }

    @Test func whoNamesAModeGetsIt() throws {
        let url = "postgresql://me:pw@db1.example.org/main"
        #expect(DatabaseLocation(url: url)?.tls.mode == .verifyFull)
        #expect(DatabaseLocation(url: url + "?tls=prefer")?.tls.mode == .prefer)
        #expect(DatabaseLocation(url: "postgresql://me:pw@localhost/main")?.tls.mode == .prefer)
        let login = Login(name: "me", password: Secret("pw"))
        #expect(try ServerRequest(name: "a", engine: .mysql, host: "db1", login: login).tls.mode == .verifyFull)
        let named = try ServerRequest(
            name: "a", engine: .mysql, host: "db1", login: login, tls: TLSOptions(mode: .disable))
        #expect(named.tls.mode == .disable)
    }
}
