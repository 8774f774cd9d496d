import Foundation
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

/// What stands in front of all routes: which paths there are, for which hosts, and who may see how the server is.
@Suite(.tags(.proof), .timeLimit(.minutes(10))) struct FrontDoorTests {
    private static let publicURL = ["UNIFY_PUBLIC_URL": "https://app.example.org"]

    /// The status of a request whose target and fields are sent as they stand.
    private func status(
        _ target: String, _ server: TestServer, method: String = "GET", version: String = "1.1",
        _ fields: [String] = ["Host: localhost"]
    ) async throws -> Int? {
        let connection = try RawConnection(port: server.client.port)
        connection.send("\(method) \(target) HTTP/\(version)\r\n" + fields.map { "\($0)\r\n" }.joined() + "\r\n")
        return try await connection.receive(answers: 1).statuses.first
    }

    private func expect(
        _ expected: Int, _ target: String, _ server: TestServer, version: String = "1.1", _ fields: [String]
    ) async throws {
        let found = try await status(target, server, version: version, fields)
        #expect(found == expected, "\(target) \(fields)")
    }

    // MARK: Paths

    @Test(arguments: [
        "/api//login", "/api/login/", "//api/login", "/api/./login", "/api/x/../login", "/api/%2e%2e/login",
        "/api%2flogin",
        "/api/login%00", "/api/login%2F", "/.", "/..", "//", "/metrics/", "//metrics", "///metrics", "/./metrics",
        "/%2e/metrics", "/metrics/.", "/metrics%00", "/readyz/", "/healthz/", "//healthz", "/tasks/", "//tasks",
        "/openapi.yaml/",
        "/admin//users", "/metrics%", "/metrics%2", "/metrics%zz", #"/\metrics"#, "/metrics%5c", "/%6Detrics",
        "/metrics#x",
        "//metrics?x=/", "/metrics/?x", "/%0Ametrics", "/sign-in/", "//sign-in",
    ])
    func aPathWithTwoReadingsIsNowhere(path: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            for method in ["GET", "POST"] {
                let found = try await status(path, server, method: method)
                // Some are no target of a request at all.
                #expect([404, 400].contains(found), "\(method) \(path)")
            }
        }
    }

    static let found: [(target: String, status: Int)] = [
        ("/metrics", 200), ("/metrics?", 200), ("/metrics?x=//&y=/../", 200), ("/healthz", 200), ("/sign-in", 200),
        ("/sign-in?next=//x/", 200), ("/openapi.yaml", 200), ("/?x=1", 200),
        // A target may name the host.
        ("http://localhost/metrics", 200), ("http://other/metrics", 400), ("ftp://localhost/metrics", 400),
        ("http://localhost//metrics", 404),
    ]

    @Test func pathsWithOneReadingAreFound() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            for (target, expected) in Self.found {
                let found = try await status(target, server)
                #expect(found == expected, "\(target)")
            }
        }
    }

    @Test(
        arguments: [
            ("/", true), ("/?a", true), ("/a", true), ("/a/b", true), ("/a.b/..c", true), ("/...", true),
            ("/a%20b", true),
            ("/a?//", true), ("", false), ("*", false), ("a", false), ("/a/", false), ("//a", false), ("/a//b", false),
            ("/a/.", false), ("/a/..", false), ("/./a", false), ("/a/../b", false), ("/%2E/a", false),
            ("/a%2fb", false),
            ("/a%5Cb", false), ("/a%00", false), ("/a%1f", false), ("/a%", false), ("/a%2", false), ("/a/?", false),
        ])
    func plainPaths(path: String, isPlain: Bool) { #expect(RequestPath.isPlain(path) == isPlain) }

    // MARK: Operations

    private static let token = "0123456789abcdef0123456789abcdef"
    private static let signs = [
        "X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "X-Real-IP: 192.0.2.1", "Via: 1.1 proxy",
        "X-Forwarded-Host: x",
        "X-Forwarded-Proto: https", "CF-Connecting-IP: 192.0.2.1", "True-Client-IP: 192.0.2.1", "x-forwarded-for:",
        "X-Forwarded-Port: 443", "X-Forwarded: for=192.0.2.1", "X-Original-Forwarded-For: 192.0.2.1",
        "X-Client-IP: 192.0.2.1", "Fly-Client-IP: 192.0.2.1", "X-Azure-ClientIP: 192.0.2.1",
        "CDN-Loop: cdn", "X-Amzn-Trace-Id: Root=1", "X-Request-Start: t=1",
        "X-Envoy-External-Address: 192.0.2.1",
    ]

    @Test func onlyThisMachineItselfNeedsNoToken() async throws {
        let environment = [
            "UNIFY_METRICS_TOKEN": Self.token, "UNIFY_TRUSTED_PROXIES": "127.0.0.1",
        ]
        try await TestServer.withServer(on: [.sqlite], environment: environment) { server in
            let token = "Authorization: Bearer " + Self.token
            for path in ["/healthz", "/readyz", "/metrics"] {
                for host in ["localhost", "localhost:5000", "127.0.0.1", "127.8.9.1:1", "[::1]", "LOCALHOST"] {
                    try await expect(200, path, server, ["Host: \(host)"])
                }
                try await expect(200, path, server, version: "1.0", [])
                for host in ["evil.org", "localhost.evil.org", "127.0.0.1.evil.org", "192.0.2.1", "localhost."] {
                    try await expect(403, path, server, ["Host: \(host)"])
                }
                for sign in Self.signs {
                    try await expect(403, path, server, ["Host: localhost", sign])
                    try await expect(200, path, server, ["Host: evil.org", sign, token])
                }
            }
        }
    }

    @Test func behindAPublicURLATokenOrTheOtherPortIsNeeded() async throws {
        let token = Self.token
        let port = try freePort()
        let environment = Self.publicURL.merging(["UNIFY_METRICS_TOKEN": token, "UNIFY_OPERATIONS_PORT": "\(port)"]) {
            $1
        }
        try await TestServer.withServer(on: [.sqlite], environment: environment) { server in
            let operations = TestClient(port: port)
            for path in ["/healthz", "/readyz", "/metrics"] {
                #expect(try await server.client.get(path).status == 403)
                #expect(try await server.client.with(token: token).get(path).status == 200)
                #expect(try await server.client.with(token: token + "x").get(path).status == 403)
                #expect(try await operations.get(path).status == 200)
                #expect(try await operations.get(path + "/").status == 404)
                for header in ["X-Forwarded-For", "X-Real-IP", "Via"] {
                    #expect(try await operations.send("GET", path, headers: [header: "192.0.2.1"]).status == 403)
                }
                let connection = try RawConnection(port: port)
                connection.send("GET \(path) HTTP/1.1\r\nHost: evil.org\r\n\r\n")
                #expect(try await connection.receive(answers: 1).statuses == [421])
            }
            for path in ["/api/me", "/", "/sign-in", "/openapi.yaml", "/admin/users"] {
                #expect(try await operations.get(path).status == 404, "\(path)")
            }
            #expect(try await server.client.get("/openapi.yaml").status == 200)
        }
    }

    @Test func guessingTheTokenIsSlowedDownAndTheRightOneIsNot() async throws {
        let environment = Self.publicURL.merging(["UNIFY_METRICS_TOKEN": Self.token]) { $1 }
        try await TestServer.withServer(on: [.sqlite], environment: environment) { server in
            let guesser = server.client.with(token: Self.token + "x")
            var statuses: [Int] = []
            for _ in 0..<100 where statuses.last != 429 { statuses.append(try await guesser.get("/metrics").status) }
            #expect(Set(statuses) == [403, 429])
            #expect(try await server.client.with(token: Self.token).get("/metrics").status == 200)
        }
    }

    private func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw TestFailure("no free port: \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    // MARK: Hosts

    @Test func onlyOwnHostsAreAnsweredBehindAPublicURL() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: Self.publicURL) { server in
            for host in [
                "app.example.org", "APP.example.ORG", "app.example.org:443", "localhost", "127.0.0.1:1", "[::1]:5000",
            ] {
                try await expect(200, "/openapi.yaml", server, ["Host: \(host)"])
            }
            for host in [
                "example.org", "app.example.org.evil.org", "app.example.org:80", "evil.org", "app.example.org.",
                "192.0.2.1",
            ] {
                for path in ["/openapi.yaml", "/", "/metrics", "/nowhere"] {
                    try await expect(421, path, server, ["Host: \(host)"])
                }
            }
        }
    }

    @Test(
        arguments: [
            ("a", true), ("a.b-c_d:80", true), ("A:", true), ("[2001:db8::1]", true), ("[::1]:65535", true),
            ("1.2.3.4:0", true),
            ("", false), (":80", false), ("a b", false), ("a,b", false), ("a/b", false), ("a@b", false), ("a:x", false),
            ("a:65536", false), ("a:-1", false), ("[::1", false), ("::1", false), ("[1.2.3.4]", false),
            ("[::1]x", false),
            ("[::1]:x", false), ("é", false), ("a?b", false), ("a%41", false),
            (String(repeating: "a", count: 262), false),
        ])
    func authorities(text: String, isValid: Bool) {
        #expect(Authority.isValid(text) == isValid)
        #expect((Authority(text) != nil) == isValid)
    }

    // MARK: The session's cookie, and what browsers are told

    @Test func behindTLSTheCookieIsTheHostsAlone() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: Self.publicURL) { server in
            let (ada, _) = try await server.client.register("ada")
            let token = try #require(ada.token)
            let answer = try await server.client.post(
                "/api/login", ["username": "ada", "password": TestClient.password])
            let cookie = try #require(answer.header("Set-Cookie"))
            #expect(cookie.hasPrefix("__Host-unify_session="))
            for attribute in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
                #expect(cookie.contains(attribute), "\(cookie)")
            }
            #expect(!cookie.contains("Domain"))
            func me(_ cookie: String) async throws -> Int {
                try await server.client.send("GET", "/api/me", headers: ["Cookie": cookie]).status
            }
            #expect(try await me("__Host-unify_session=\(token)") == 200)
            #expect(try await me("unify_zone=UTC; __Host-unify_session=\(token)") == 200)
            #expect(try await me("unify_session=\(token)") == 401, "any host of the domain could have set it")
            #expect(try await me("unify_session=x; __Host-unify_session=\(token)") == 200)
            let signedOut = try await ada.send("POST", "/api/logout")
            #expect(signedOut.header("Set-Cookie")?.hasPrefix("__Host-unify_session=;") == true)
        }
    }

    @Test func aCookieThatComesTwiceIsNone() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let (own, other) = (try #require(ada.token), try #require(bob.token))
            func me(_ cookie: String) async throws -> Int {
                try await server.client.send("GET", "/api/me", headers: ["Cookie": cookie]).status
            }
            #expect(try await me("unify_session=\(own)") == 200)
            #expect(try await me("a=b;unify_session=\(own);unify_sessions=x; xunify_session=y") == 200)
            #expect(try await me("unify_session=\(own); unify_session=\(other)") == 401)
            #expect(try await me("unify_session=\(own); unify_session=") == 401)
            #expect(try await me("unify_session=\(own); unify_session=\(own)") == 401)
            #expect(try await me("__Host-unify_session=\(own)") == 401, "without TLS it has its plain name")
            let both = ["Host: localhost", "Cookie: unify_session=\(own)", "Cookie: unify_session=\(other)"]
            try await expect(401, "/api/me", server, both)
        }
    }

    @Test func browsersAreToldToUseTLSAlone() async throws {
        let paths = ["/openapi.yaml", "/sign-in", "/nowhere", "/api/me", "//", "/assets/nothing.css"]
        try await TestServer.withServer(on: [.sqlite], environment: Self.publicURL) { server in
            for path in paths {
                let answer = try await server.client.get(path)
                #expect(answer.header("Strict-Transport-Security") == "max-age=31536000", "\(path)")
                #expect(answer.header("Cross-Origin-Resource-Policy") == "same-origin", "\(path)")
            }
            let page = try await server.client.get("/sign-in")
            #expect(page.header("Cross-Origin-Opener-Policy") == "same-origin")
            #expect(page.header("Permissions-Policy")?.contains("camera=()") == true)
        }
        try await TestServer.withServer(on: [.sqlite]) { server in
            for path in paths {
                let answer = try await server.client.get(path)
                #expect(answer.header("Strict-Transport-Security") == nil, "\(path)")
            }
        }
    }
}
