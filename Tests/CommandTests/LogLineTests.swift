import Foundation
import Testing
import UnifyTesting

/// A line of the log tells who was refused, and the filter for fail2ban in docs/operations.md finds it.
@Suite(.timeLimit(.minutes(2))) struct LogLineTests {
    private static let documents = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs")

    /// The expression of the documented filter, with an address in the place of fail2ban's word for one.
    private func filter() throws -> Regex<AnyRegexOutput> {
        let text = try String(contentsOf: Self.documents.appendingPathComponent("operations.md"), encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("failregex = ") })
        return try Regex(String(line.dropFirst(12)).replacing("<HOST>", with: #"(?<host>[0-9a-fA-F.:]+)"#))
    }

    @Test func aRefusedSignInIsFoundByTheFilter() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        let (ada, id) = try await client.register("ada")
        let wrong = ["username": "ada\naddress=192.0.2.1", "password": "not this one"]
        #expect(try await client.post("/api/login", wrong).status == 401)
        #expect(try await ada.get("/admin/users").status == 403)
        #expect(try await ada.get("/api/tasks").status == 200)
        _ = await process.terminate()
        let lines = process.log.split(separator: "\n").map(String.init)
        let refused = lines.filter { $0.contains("route=/api/login") }
        #expect(refused.count == 1)
        #expect(refused.first?.contains("address=127.0.0.1") == true)
        let forbidden = lines.first { $0.contains("route=/admin/users") }
        #expect(forbidden?.contains("address=127.0.0.1") == true)
        #expect(forbidden?.contains("user=\(id)") == true)
        let found = try lines.filter { try filter().firstMatch(in: $0) != nil }
        #expect(found == refused, "\(process.log)")
        #expect(try filter().firstMatch(in: try #require(refused.first))?["host"]?.substring == "127.0.0.1")
    }
}
