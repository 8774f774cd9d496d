import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// What every route does with requests that are not as they should be.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct ProtocolTests {
    @Test(arguments: ["", "{", "{\"title\":", "nonsense", "{\"title\":\"x\"} trailing", "{\"a\":\"\u{1}\"}"])
    func malformedJSONIsABadRequest(body: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let answer = try await ada.send("POST", "/api/tasks", raw: Data(body.utf8))
            #expect(answer.status == 400, "\(body)")
            #expect(answer.code == "malformed_json")
        }
    }

    @Test func invalidUTF8AndEndlessNestingAreBadRequests() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let invalid = Data(#"{"title":""#.utf8) + Data([0xFF, 0xFE]) + Data(#""}"#.utf8)
            #expect(try await ada.send("POST", "/api/tasks", raw: invalid).status == 400)
            let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
            #expect(try await ada.send("POST", "/api/tasks", raw: Data(deep.utf8)).status == 400)
        }
    }

    /// Read by guessing, each of these took seconds to minutes of the processor's time.
    @Test(
        arguments: [
            ("nested", String(repeating: "[", count: 7000) + String(repeating: "]", count: 7000)),
            ("nested within the bound", "[" + Array(repeating: nest(30), count: 17_000).joined(separator: ",") + "]"),
            ("empty arrays", "[" + Array(repeating: "[]", count: 300_000).joined(separator: ",") + "]"),
            ("a long number", String(repeating: "9", count: 1_000_000)),
            ("a long name", "{\"" + String(repeating: "e\u{301}\u{323}", count: 200_000) + "\":1}"),
        ])
    func whatABodyHoldsDoesNotMakeItCostly(name: String, body: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let started = ContinuousClock.now
            let answer = try await server.client.send("POST", "/api/login", raw: Data(body.utf8))
            #expect(["malformed_json", "invalid_fields"].contains(answer.code), "\(name)")
            #expect(ContinuousClock.now - started < .seconds(2), "\(name)")
        }
    }

    private static func nest(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    @Test func aBodyOverOneMebibyteIsTooLarge() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let body =
                Data(#"{"title":"x","body":""#.utf8) + Data(repeating: 0x61, count: 1_048_577) + Data(#""}"#.utf8)
            let answer = try await ada.send("POST", "/api/notes", raw: body)
            #expect(answer.status == 413)
            #expect(answer.code == "body_too_large")
        }
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
    func anotherMediaTypeIsRefused(type: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let answer = try await ada.send(
                "POST", "/api/tasks", raw: Data(#"{"title":"x"}"#.utf8), headers: ["Content-Type": type])
            #expect(answer.status == 415)
            #expect(answer.code == "unsupported_media_type")
        }
    }

    @Test func aCharsetBesideTheMediaTypeIsFine() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let answer = try await ada.send(
                "POST", "/api/tasks", raw: Data(#"{"title":"x"}"#.utf8),
                headers: ["Content-Type": "Application/JSON; charset=utf-8"])
            #expect(answer.status == 201)
        }
    }

    @Test func unknownRoutesAndWrongMethodsAreProblems() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let unknown = try await server.client.get("/api/nothing")
            #expect(unknown.status == 404)
            #expect(unknown.code == "not_found")
            #expect(unknown.header("Content-Type") == "application/problem+json")
            let wrong = try await server.client.send("DELETE", "/api/tasks")
            #expect(wrong.status == 405)
            #expect(wrong.code == "method_not_allowed")
            #expect(wrong.header("Allow")?.contains("POST") == true)
        }
    }

    @Test func answersCarryRequestIDAndSecurityHeaders() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let first = try await server.client.get("/healthz")
            let second = try await server.client.get("/healthz")
            #expect(first.header("X-Request-ID")?.isEmpty == false)
            #expect(first.header("X-Request-ID") != second.header("X-Request-ID"))
            #expect(first.header("X-Content-Type-Options") == "nosniff")
            #expect(first.header("Cache-Control") == "no-store")
        }
    }

    /// Every operation of the description is served: a stranger gets anything but 404 and 405.
    @Test func everyDocumentedOperationIsServed() async throws {
        try await TestServer.withServerInEachMode { server in
            for operation in try await server.client.documentedOperations() {
                let status = try await server.client.send(operation.method, operation.filled(with: 1)).status
                #expect(![404, 405].contains(status), "\(operation) gives \(status)")
            }
        }
    }

    @Test func headAnswersLikeGetWithoutBody() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let answer = try await server.client.send("HEAD", "/healthz")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
        }
    }

    @Test func operationsAreForThisMachineOrTheToken() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            for path in ["/healthz", "/readyz", "/metrics"] {
                let forwarded = try await server.client.send("GET", path, headers: ["X-Forwarded-For": "203.0.113.9"])
                #expect(forwarded.status == 403)
            }
        }
    }

    @Test func healthReadinessMetricsAndDescriptionAreServed() async throws {
        try await TestServer.withServerInEachMode { server in
            #expect(try await server.client.get("/healthz").json["status"] as? String == "ok")
            #expect(try await server.client.get("/readyz").json["status"] as? String == "ok")
            #expect(try await server.client.get("/metrics").status == 200)
            let description = try await server.client.get("/openapi.yaml")
            #expect(description.status == 200)
            #expect(description.text.hasPrefix("openapi: 3.1"))
        }
    }
}
