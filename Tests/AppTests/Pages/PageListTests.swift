import Foundation
import Testing
import UnifyTesting

/// Lists on pages: from page to page and back, and checking off.
@Suite(.timeLimit(.minutes(5))) struct PageListTests {
    private static func titles(_ html: String) -> [String] {
        html.matches(of: #/class="title"[^>]*>(t\d+)</#).map { String($0.1) }
    }

    private static func link(_ label: String, in html: String) -> String? {
        html.matches(of: #/href="([^"]+)" data-swap>([^<]+)</#).first { $0.2 == label }
            .map { String($0.1).replacing("&amp;", with: "&") }
    }

    @Test func pagesLeadOnAndBackAndSayWhereTheyAre() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for number in 0..<120 { _ = try await ada.post("/api/tasks", ["title": "t\(number)"]) }
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            var pages = [try await client.get("/tasks?show=open&q=&priority=").html]
            while let more = Self.link("More", in: pages.last ?? "") {
                let page = try await client.get(more)
                #expect(page.status == 200)
                pages.append(page.html)
            }
            #expect(pages.map { Self.titles($0).count } == [50, 50, 20])
            for (page, range) in zip(pages, ["1–50 of 120", "51–100 of 120", "101–120 of 120"]) {
                #expect(page.contains(">\(range)<"), "\(range)")
            }
            let second = try #require(Self.link("Previous", in: pages[2]))
            let back = try await client.get(second).html
            #expect(Self.titles(back) == Self.titles(pages[1]) && back.contains(">51–100 of 120<"))
            #expect(Self.link("Previous", in: back) == "/tasks" && Self.link("Back to the first", in: back) == "/tasks")
            #expect(Self.link("Previous", in: pages[0]) == nil)

            // A form comes back to the page that it was sent from.
            let sent = try #require(back.firstMatch(of: #/name="back" value="([^"]+)"/#)).1
            let form = String(sent).replacing("&amp;", with: "&")
            #expect(form == second)
            let id = try #require(back.firstMatch(of: #/id="task-(\d+)"/#)).1
            let checked = try await client.post("/tasks/\(id)/done", ["done": "true", "back": form])
            #expect(checked.location == "\(second)&notice=checked")
        }
    }

    /// What a search finds is not counted, so that the first page does not claim to be all.
    @Test func aSearchWithMorePagesNamesNoTotal() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for number in 0..<51 { _ = try await ada.post("/api/tasks", ["title": "t\(number)"]) }
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            let found = try await client.get("/tasks?q=t").html
            let more = try #require(Self.link("More", in: found))
            #expect(found.contains("1–50") && !found.contains("1–50 of"))
            #expect(try await client.get(more).html.contains("of 51"))
            #expect(try await client.get("/tasks").html.contains("1–50 of 51"))
        }
    }

    @Test func aListRefusesTheCursorOfAnother() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for number in 0..<51 { _ = try await ada.post("/api/tasks", ["title": "t\(number)"]) }
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            let more = try #require(Self.link("More", in: try await client.get("/tasks").html))
            #expect(try await client.get(more).status == 200)
            let query = try #require(more.split(separator: "?").last)
            for path in ["/tasks?show=all&\(query)", "/tasks?q=t&\(query)", "/notes?\(query)", "/account?\(query)"] {
                #expect(try await client.get(path).status == 422, "\(path)")
            }
            for query in ["at=-1", "at=05", "at=x", "at=1&at=2", "priority=%2B1"] {
                #expect(try await client.get("/tasks?\(query)").status == 422, "\(query)")
            }
            #expect(try await client.get("/tasks?trail=x~y.~.1~%3Cscript%3E&at=7").status == 200)
        }
    }

    /// Without a script a page offers to undo it; with one there is no page to answer with.
    @Test func whatIsCheckedOffIsUndone() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let id = try #require(try await ada.post("/api/tasks", ["title": "t1"]).json["id"] as? Int)
            func isDone() async throws -> Bool? { try await ada.get("/api/tasks/\(id)").json["is_done"] as? Bool }
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            let checked = try await client.post("/tasks/\(id)/done", ["done": "true", "back": "/tasks?q=t"])
            #expect(try await isDone() == true)
            let notice = try await client.get(try #require(checked.location)).html
            #expect(notice.contains("Checked off.") && notice.contains(">Undo<"))
            let undo = try #require(
                notice.components(separatedBy: "id=\"notice\"").last?.components(separatedBy: "</form>").first)
            #expect(undo.contains("action=\"/tasks/\(id)/done\"") && undo.contains("name=\"done\" value=\"false\""))
            #expect(undo.contains("name=\"back\" value=\"/tasks?q=t\""))
            #expect(try await client.post("/tasks/\(id)/done", ["done": "false"]).location == "/tasks?notice=reopened")
            #expect(try await isDone() == false)
            let quiet = try await client.post("/tasks/\(id)/done", ["done": "true", "quiet": "true"])
            #expect(quiet.status == 204 && quiet.html.isEmpty)
            #expect(try await isDone() == true)
            #expect(try await client.post("/tasks/4711/done", ["done": "true", "quiet": "true"]).status == 404)
        }
    }
}
