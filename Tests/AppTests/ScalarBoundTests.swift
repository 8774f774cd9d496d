import TenancyTesting
import Testing
import UnifyTesting

/// Bounds of texts count Unicode scalars, also those that take two units of UTF-16, by the interface and by the pages.
@Suite(.tags(.proof), .timeLimit(.minutes(10))) struct ScalarBoundTests {
    @Test func fiveHundredScalarsBeyondTheFirstPlaneFit() async throws {
        try await TestServer.withServer { server in
            let (fits, tooLong) = (String(repeating: "𝄞", count: 500), String(repeating: "𝄞", count: 501))
            let (ada, _) = try await server.client.register("ada")
            let made = try await ada.post("/api/tasks", ["title": fits])
            #expect(made.status == 201, "\(made.text)")
            #expect(made.json["title"] as? String == fits)
            let refused = try await ada.post("/api/tasks", ["title": tooLong])
            #expect(refused.status == 422 && refused.errorFields == ["title"])
            let page = PageClient(port: server.client.port)
            try await page.signIn("ada")
            #expect(try await page.post("/tasks", ["title": fits]).status == 303)
            #expect(try await page.post("/tasks", ["title": tooLong]).status == 422)
            #expect(try await ada.get("/api/tasks").items.map { $0["title"] as? String } == [fits, fits])
        }
    }
}
