import Testing
import UnifyTesting

extension TestClient {
    /// The titles of all tasks, page by page.
    func allTitles() async throws -> [String] {
        var titles: [String] = []
        var cursor: String?
        repeat {
            let page = try await get("/api/tasks?limit=200" + (cursor.map { "&cursor=\($0)" } ?? ""))
            #expect(page.status == 200)
            titles += page.items.compactMap { $0["title"] as? String }
            cursor = page.json["next_cursor"] as? String
        } while cursor != nil
        return titles
    }
}
