internal import Tenancy
import Testing

@Suite("DatabaseLocation from a URL")
struct DatabaseLocationURLTests {
    @Test func everyPartIsRead() throws {
        let url = "postgresql://ad%40a:p%3A%2F%40ss@db.example.org:5433/main?tls=verify-full%3A/etc/ca.pem"
        let location = try #require(DatabaseLocation(url: url))
        #expect(location.engine == .postgresql)
        #expect(location.host == "db.example.org")
        #expect(location.port == 5433)
        #expect(location.name == "main")
        #expect(location.login?.name == "ad@a")
        #expect(location.login?.password.unsafeReveal() == "p:/@ss")
        #expect(location.tls == TLSOptions(mode: .verifyFull, certificates: "/etc/ca.pem"))
    }

    @Test func whatIsMissingStaysOpen() throws {
        let location = try #require(DatabaseLocation(url: "mysql://db"))
        #expect(location.port == nil && location.name == nil && location.login == nil)
        #expect(location.tls.mode == .verifyFull)
        #expect(DatabaseLocation(url: "sqlserver://localhost%5CSQLEXPRESS/x")?.host == "localhost\\SQLEXPRESS")
        #expect(DatabaseLocation(url: "postgresql://[::1]/x")?.host == "::1")
    }

    @Test(arguments: [
        "", "main.db", "sqlite://x", "oracle://db/x", "postgresql://", "postgresql:///x", "postgresql://db:0/x",
        "postgresql://db:x/y", "postgresql://db:99999/y", "postgresql://:pw@db/x", "postgresql://db/x?sslmode=require",
        "postgresql://db/x?tls=maybe", "postgresql://db/x?tls=require&a=b", "postgresql://a%zz@db/x",
        "postgresql://db/x?tls=verify-ca:relative.pem",
    ])
    func whatIsWrongIsRefused(url: String) { #expect(DatabaseLocation(url: url) == nil) }
}
