import Foundation
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

/// Whom a request comes from, directly and through proxies.
@Suite struct IPAddressTests {
    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
            ("::FFFF:c000:201", "192.0.2.1", "192.0.2.1"), ("::1", "::1", "::/64"),
            ("2001:DB8:0:1:0:0:0:2", "2001:db8:0:1::2", "2001:db8:0:1::/64"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ])
    func addressesHaveOneFormAndANetwork(text: String, address: String, network: String) throws {
        let read = try #require(IPAddress(text))
        #expect(read.description == address)
        #expect(read.network == network)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "0x7f.1", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]",
        "::1%lo",
        "localhost", ":::", "12345::", "1.2.3.4/8", "::ffff:1.2.3.256", String(repeating: "1", count: 100_000),
    ])
    func whatIsNoAddressIsNone(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        arguments: [
            ("127.0.0.1", true), ("127.255.255.254", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("128.0.0.1", false), ("::2", false), ("0.0.0.0", false), ("::", false), ("1.127.0.0", false),
        ])
    func loopback(text: String, isLoopback: Bool) throws {
        #expect(try #require(IPAddress(text)).isLoopback == isLoopback)
    }

    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("::/0", "2001:db8::1", true), ("10.0.0.4/30", "10.0.0.7", true),
            ("10.0.0.4/30", "10.0.0.8", false),
        ])
    func ranges(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(IPAddressRange(range)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.1/8", "::/129", "a/8", "10/8",
    ])
    func whatIsNoRangeIsNone(text: String) { #expect(IPAddressRange(text) == nil) }
}

@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct TrustedProxiesTests {
    private static let proxies = "127.0.0.1, 10.0.0.0/8,2001:db8:ffff::/48"

    static let forwarded: [(peer: String, header: String?, client: String)] = [
        ("127.0.0.1", nil, "127.0.0.1"), ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        // A client that is no trusted proxy writes what it likes.
        ("192.0.2.9", "192.0.2.1", "192.0.2.9"),
        // What the client wrote stands on the left.
        ("127.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.1"), ("127.0.0.1", "127.0.0.1, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7, 192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("127.0.0.1", "192.0.2.1,10.1.2.3,10.0.0.1", "192.0.2.1"), ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "10.1.2.3, 10.0.0.1", "10.1.2.3"),
        // What is no address ends the search.
        ("127.0.0.1", "nonsense", "127.0.0.1"), ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1,", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1, unknown, 10.0.0.1", "10.0.0.1"), ("127.0.0.1", "192.0.2.1 10.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1:80:90", "127.0.0.1"), ("127.0.0.1", "[::1", "127.0.0.1"),
        // As some proxies write it.
        ("127.0.0.1", "192.0.2.1:4711", "192.0.2.1"), ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("127.0.0.1", "[2001:db8::1]", "2001:db8::1"), ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("2001:db8:ffff::1", "2001:DB8::1", "2001:db8::1"),
    ]

    @Test(arguments: forwarded) func theClientIsTheLastOneWhomNoTrustedProxyIs(
        peer: String, header: String?, client: String
    ) throws {
        let proxies = try #require(TrustedProxies(Self.proxies))
        let address = try #require(IPAddress(peer))
        #expect(proxies.client(behind: address, forwardedFor: header).description == client)
        #expect(
            TrustedProxies().client(behind: address, forwardedFor: header) == address,
            "without the setting the header says nothing")
    }

    @Test func aLongChainIsLookedAtUpToABound() throws {
        let proxies = try #require(TrustedProxies(Self.proxies))
        let peer = try #require(IPAddress("127.0.0.1"))
        let chain = { count in "192.0.2.1" + String(repeating: ", 10.0.0.1", count: count) }
        let hops = TrustedProxies.maxHops
        #expect(proxies.client(behind: peer, forwardedFor: chain(hops - 1)).description == "192.0.2.1")
        #expect(proxies.client(behind: peer, forwardedFor: chain(hops)).description == "10.0.0.1")
    }

    @Test(arguments: ["", ",", "10.0.0.0/8,", "localhost", "10.0.0.1/8", "10.0.0.0/8;192.0.2.1"])
    func aListWithSomethingElseIsRefused(text: String) { #expect(TrustedProxies(text) == nil) }

    /// Two clients of one proxy have a count of tries each, and neither gets a new one by what it writes itself.
    @Test func clientsOfAProxyAreCountedApart() async throws {
        let environment = ["UNIFY_TRUSTED_PROXIES": "127.0.0.1"]
        try await TestServer.withServer(on: [.sqlite], environment: environment) { server in
            // One for each kind of address: strangers have a bound for an account, too.
            for name in ["ada", "bob"] { _ = try await server.client.register(name) }
            func signIn(_ forwarded: String, _ password: String = "wrong password") async throws -> Int {
                let name = forwarded.contains(":") ? "bob" : "ada"
                return try await server.client.send(
                    "POST", "/api/login", json: ["username": name, "password": password],
                    headers: ["X-Forwarded-For": forwarded]
                ).status
            }
            for number in 0..<10 { #expect(try await signIn("198.51.100.\(number), 192.0.2.1") == 401) }
            #expect(try await signIn("203.0.113.1, 192.0.2.1") == 429, "what it writes itself makes no new client")
            let body = #"{"username":"ada","password":"wrong password"}"#
            for fields in [["192.0.2.1", "127.0.0.1"], ["203.0.113.1", "192.0.2.1"]] {
                let connection = try RawConnection(port: server.client.port)
                let lines = fields.map { "X-Forwarded-For: \($0)\r\n" }.joined()
                connection.send(
                    "POST /api/login HTTP/1.1\r\nHost: localhost\r\n\(lines)Content-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                #expect(try await connection.receive(answers: 1).statuses == [429], "several fields are one list")
            }
            #expect(try await signIn("192.0.2.2", TestClient.password) == 200, "another client is let in")
            for number in 0..<10 { #expect(try await signIn("2001:db8::\(number)") == 401) }
            #expect(try await signIn("2001:db8::ffff:1") == 429, "a client has 2^64 addresses of IPv6")
            #expect(try await signIn("2001:db8:0:1::1", TestClient.password) == 200)
            let metrics = try await server.client.send("GET", "/metrics", headers: ["X-Forwarded-For": "127.0.0.1"])
            #expect(metrics.status == 403, "what is forwarded is never local")
        }
    }
}
