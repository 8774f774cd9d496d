import Foundation
import Testing
import UnifyTesting

/// Pages of tasks, notes, events and the account, by their forms.
@Suite(.timeLimit(.minutes(10))) struct UserPageTests {
    private static let hostile = "<script>alert(1)</script> & \"x\" 'y' {{title}}"
    private static let shown = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot; &#39;y&#39; {{title}}"

    /// What the page that a deletion leads to offers.
    private static func undoKey(in answer: PageClient.Answer) throws -> String {
        #expect(answer.location?.contains("undo") == false, "histories and logs keep addresses")
        let cookie = try #require(answer.headers["set-cookie"])
        return String(try #require(cookie.firstMatch(of: #/unify_undo=([^;]+)/#)).1)
    }

    @Test func aTaskGoesThroughItsLife() async throws {
        try await TestServer.withServerInEachMode { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            let added = try await client.post(
                "/tasks", ["title": Self.hostile, "due_date": "2020-02-29", "priority": "3"])
            #expect(added.status == 303)
            #expect(added.location == "/tasks?notice=added")
            let page = try await client.get("/tasks")
            #expect(page.html.contains(Self.shown))
            #expect(!page.html.contains("<script>alert"))
            #expect(page.html.contains("29 Feb 2020"))
            #expect(page.html.contains("1 task is overdue"))
            let id = try #require(page.html.firstMatch(of: #/id="task-(\d+)"/#)).1

            let form = try await client.get("/tasks?edit=\(id)")
            #expect(form.html.contains("action=\"/tasks/\(id)\""))
            #expect(
                try await client.post(
                    "/tasks/\(id)", ["title": "Other", "description": "a\r\nb", "due_date": "", "priority": "0"]
                ).status == 303)
            let changed = try await client.get("/tasks")
            #expect(changed.html.contains("Other") && !changed.html.contains("29 Feb 2020"))
            #expect(try await client.get("/tasks?edit=\(id)").html.contains("\na\nb</textarea>"))

            #expect(try await client.post("/tasks/\(id)/done", ["done": "true"]).status == 303)
            #expect(!(try await client.get("/tasks").html.contains("Other")))
            #expect(try await client.get("/tasks?show=done").html.contains("Other"))
            let deleted = try await client.post("/tasks/\(id)/delete", ["back": "/tasks?show=done"])
            let location = try #require(deleted.location)
            #expect(location == "/tasks?show=done&notice=deleted")
            let notice = try await client.get(location)
            let key = String(try #require(notice.html.firstMatch(of: #/name="key" value="([^"]+)"/#)).1)
            #expect(!notice.html.contains("Other"))
            #expect(
                try await client.post("/undo", ["key": key, "back": "/tasks"]).location == "/tasks?notice=restored")
            #expect(try await client.get("/tasks?show=done").html.contains("Other"))
            #expect(
                try await client.post("/undo", ["key": key, "back": "/tasks"]).location
                    == "/tasks?notice=not-restored")
        }
    }

    @Test func aRefusedTaskIsToldBesideItsFields() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            let answer = try await client.post("/tasks", ["title": " ", "due_date": "soon", "priority": "200"])
            #expect(answer.status == 422)
            for (id, text) in [
                ("new-title", "Must not be blank."), ("new-due", "Must be a time like"),
                ("new-priority", "Must be a whole number from 0 to 100."),
            ] {
                #expect(answer.html.contains("aria-describedby=\"\(id)-error\""), "\(id)")
                #expect(answer.html.contains("id=\"\(id)-error\">\(text)"), "\(id)")
            }
            #expect(answer.html.contains("value=\"soon\""), "what was typed stays")
            _ = try await client.post("/tasks", ["title": "There"])
            let page = try await client.get("/tasks")
            let id = try #require(page.html.firstMatch(of: #/id="task-(\d+)"/#)).1
            let refused = try await client.post("/tasks/\(id)", ["title": "", "description": "kept"])
            #expect(refused.status == 422)
            #expect(refused.html.contains("id=\"edit-title-error\""))
            #expect(refused.html.contains("kept</textarea>"))
        }
    }

    @Test func aDueTimeOfDaySurvivesAnEditOfTheRest() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let made = try await ada.post(
                "/api/tasks", ["title": "a", "due_date": "2026-05-04T15:30:00Z", "priority": 55])
            let id = try #require(made.json["id"] as? Int)
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            let form = try await client.get("/tasks?edit=\(id)")
            #expect(form.html.contains("value=\"55\" selected"))
            _ = try await client.post(
                "/tasks/\(id)", ["title": "b", "description": "", "due_date": "2026-05-04", "priority": "55"])
            let task = try await ada.get("/api/tasks/\(id)").json
            #expect(task["title"] as? String == "b")
            #expect(task["due_date"] as? String == "2026-05-04T15:30:00.000Z")
            #expect(task["priority"] as? Int == 55)
        }
    }

    @Test func listsAreSearchedFilteredAndPaged() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            for number in 1...55 {
                var task: [String: any Sendable] = ["title": "task \(number).", "priority": number % 4]
                if number > 50 { task["due_date"] = "2030-01-\(70 - number)" }
                #expect(try await ada.post("/api/tasks", task).status == 201)
            }
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            let first = try await client.get("/tasks")
            #expect(first.html.contains("task 55.") && first.html.contains("task 6."))
            #expect(!first.html.contains("task 5."))
            let more = try #require(first.html.firstMatch(of: #/href="([^"]+)" data-swap>More/#)).1
            let second = try await client.get(String(more).replacing("&amp;", with: "&"))
            #expect(second.html.contains("task 5.") && second.html.contains("task 1."))
            #expect(!second.html.contains("task 6.") && !second.html.contains("More</a>"))

            let due = try await client.get("/tasks?show=due").html
            let order = due.matches(of: #/class="title"[^>]*>task (\d+)\./#).map { String($0.1) }
            #expect(order == ["55", "54", "53", "52", "51"], "the nearest date first")
            let high = try await client.get("/tasks?priority=3&q=task+5").html
            #expect(high.contains("task 51.") && high.contains("task 55.") && !high.contains("task 54."))
            #expect(try await client.get("/tasks?q=100%25").html.contains("No results for &quot;100%&quot;."))
        }
    }

    @Test func aListByDateGoesOnWhereItStopped() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for number in 1...55 {
                let task = ["title": "task \(number).", "due_date": "2030-0\(1 + number / 28)-\(10 + number % 18)"]
                #expect(try await ada.post("/api/tasks", task).status == 201)
            }
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            let first = try await client.get("/tasks?show=due").html
            let more = String(try #require(first.firstMatch(of: #/href="([^"]+)" data-swap>More/#)).1)
            let second = try await client.get(more.replacing("&amp;", with: "&")).html
            let parts = [first, second]
            let titles = parts.map { $0.matches(of: #/class="title"[^>]*>(task \d+\.)/#).map { String($0.1) } }
            #expect(titles.map(\.count) == [50, 5])
            #expect(Set(titles.flatMap { $0 }).count == 55, "each once")
            let cursor = try #require(more.firstMatch(of: #/cursor=(\w+)/#)).1
            #expect(try await client.get("/tasks?cursor=\(cursor)").status == 422, "of another order")
        }
    }

    @Test func aNoteGoesThroughItsLife() async throws {
        try await TestServer.withServerInEachMode { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            let made = try await client.post("/notes", ["title": "Plan", "body": "\r\n\(Self.hostile)\r\n\r\nend  "])
            let path = try #require(made.location).prefix { $0 != "?" }
            let page = try await client.get(String(path))
            // The line end right after the tag is the form's, not the note's.
            #expect(page.html.contains(">\n\n\(Self.shown)\n\nend  </textarea>"))
            #expect(try await client.post(String(path), ["title": "Plan B", "body": "new"]).status == 303)
            #expect(try await client.get("/notes?q=b").html.contains("Plan B"))
            #expect(try await client.get("/notes?q=zzz").html.contains("No results for &quot;zzz&quot;."))
            let refused = try await client.post(String(path), ["title": "", "body": "not lost"])
            #expect(refused.status == 422 && refused.html.contains("not lost</textarea>"))
            let deleted = try await client.post("\(path)/delete")
            let key = try Self.undoKey(in: deleted)
            #expect(try await client.get(String(path)).status == 404)
            let restored = try await client.post("/undo", ["key": key])
            let back = try #require(restored.location).prefix { $0 != "?" }
            #expect(try await client.get(String(back)).html.contains("new</textarea>"))
        }
    }

    @Test func anEventStandsOnItsDaysWhereTheReaderIs() async throws {
        try await TestServer.withServerInEachMode { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            client.setCookie("unify_zone", "America%2FNew_York")
            let made = try await client.post(
                "/events", ["title": "Show", "starts_at": "2026-11-25T21:00", "ends_at": "2026-11-25T23:30"])
            #expect(made.location == "/events?month=2026-11&notice=added")
            let month = try await client.get("/events?month=2026-11").html
            #expect(Self.day(of: "Show", in: month) == "Wednesday, 25 November 2026")
            #expect(month.contains("<time>21:00</time>"))
            let agenda = try await client.get("/events/agenda?from=2026-11-01").html
            #expect(agenda.contains("21:00–23:30") && agenda.contains("Wednesday, 25 November 2026"))
            client.setCookie("unify_zone", "UTC")
            let utc = try await client.get("/events?month=2026-11").html
            #expect(Self.day(of: "Show", in: utc) == "Thursday, 26 November 2026")
            client.setCookie("unify_zone", "No%2FWhere")
            #expect(try await client.get("/events").html.contains("Times are in UTC."))

            let path = try #require(utc.firstMatch(of: #/href="(\/events\/\d+)"/#)).1
            let refused = try await client.post(
                String(path), ["title": "Show", "starts_at": "2026-11-26T04:00", "ends_at": "2026-11-26T03:00"])
            #expect(refused.status == 422)
            #expect(refused.html.contains("id=\"field-ends_at-error\">Must not be before the beginning."))
            let deleted = try await client.post("\(path)/delete")
            let key = try Self.undoKey(in: deleted)
            #expect(!(try await client.get("/events?month=2026-11").html.contains("Show")))
            _ = try await client.post("/undo", ["key": key, "back": "/events"])
            #expect(try await client.get("/events?month=2026-11").html.contains("Show"))
        }
    }

    /// The form is read as it was shown, whatever the cookie says by then.
    @Test func anEventKeepsItsTimeWhereTheReaderHasMoved() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            client.setCookie("unify_zone", "Asia%2FTokyo")
            let form = try await client.get("/events/new?day=2026-11-12").html
            let zone = try #require(form.firstMatch(of: #/name="zone" value="([^"]+)"/#)).1
            #expect(zone == "Asia/Tokyo")
            client.setCookie("unify_zone", "Europe%2FBerlin")
            _ = try await client.post(
                "/events",
                [
                    "zone": String(zone), "title": "x", "starts_at": "2026-11-12T09:00", "ends_at": "2026-11-12T10:00",
                ])
            #expect(try await ada.get("/api/events").items.first?["starts_at"] as? String == "2026-11-12T00:00:00.000Z")
        }
    }

    /// What the interface takes in one body must not be too long for the form that shows it.
    @Test func aNoteOfForeignLettersCanBeSaved() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let body = String(repeating: "字", count: 340_000)
            let made = try await ada.post("/api/notes", ["title": "long", "body": body])
            let id = try #require(made.json["id"] as? Int)
            let client = PageClient(port: server.client.port)
            try await client.signIn("ada")
            #expect(try await client.post("/notes/\(id)", ["title": "longer", "body": body]).status == 303)
            #expect(try await ada.get("/api/notes/\(id)").json["title"] as? String == "longer")
            let tooLong = String(repeating: "字", count: 400_000)
            #expect(try await client.post("/notes/\(id)", ["title": "x", "body": tooLong]).status == 413)
        }
    }

    /// The day in whose square of the month a title stands.
    private static func day(of title: String, in html: String) -> String? {
        let square = html.components(separatedBy: "<td").first { $0.contains("<span>\(title)</span>") }
        return square?.firstMatch(of: #/New event on ([^"]+)"/#).map { String($0.1) }
    }

    @Test func anUndoIsForWhoeverDeleted() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, bob) = (PageClient(port: server.client.port), PageClient(port: server.client.port))
            try await ada.signUp("ada")
            try await bob.signUp("bob")
            _ = try await ada.post("/tasks", ["title": "secret plan"])
            let page = try await ada.get("/tasks")
            let id = try #require(page.html.firstMatch(of: #/id="task-(\d+)"/#)).1
            let deleted = try await ada.post("/tasks/\(id)/delete")
            let key = try Self.undoKey(in: deleted)
            #expect(try await bob.post("/undo", ["key": key]).location == "/tasks?notice=not-restored")
            #expect(!(try await bob.get("/tasks").html.contains("secret plan")))
            #expect(try await ada.post("/undo", ["key": key]).location == "/tasks?notice=restored")
        }
    }

    @Test func theAccountShowsWhereTheDataIsAndEndsSessions() async throws {
        try await TestServer.withServerInEachMode { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            let other = PageClient(port: server.client.port)
            try await other.signIn("ada")
            let page = try await client.get("/account").html
            let isOwn = page.contains("database of your own")
            #expect(isOwn || page.contains("together with the data of all other users"))
            #expect(page.contains("Nobody but you."))
            let end = try #require(page.firstMatch(of: #/action="(\/account\/sessions\/\d+\/end)"/#)).1
            #expect(try await client.post(String(end)).location == "/account?notice=session-ended")
            #expect(try await other.get("/tasks").status == 303)
            #expect(try await client.get("/account").status == 200)

            let wrong = try await client.post(
                "/account/password", ["current_password": "wrong", "new_password": "another password"])
            #expect(wrong.status == 401 && wrong.html.contains("The username or the password is wrong."))
            try await other.signIn("ada")
            let changed = try await client.post(
                "/account/password", ["current_password": TestClient.password, "new_password": "another password"])
            #expect(changed.location == "/account?notice=password-changed")
            #expect(try await other.get("/tasks").status == 303)
        }
    }

    @Test func theAccountShowsSessionsInPages() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            let login = ["username": "ada", "password": TestClient.password]
            for _ in 1...25 { #expect(try await server.client.post("/api/login", login).status == 200) }
            let end = #/action="\/account\/sessions\/(\d+)\/end"/#
            let first = try await client.get("/account").html
            let newest = first.matches(of: end).compactMap { Int($0.1) }
            #expect(newest.count == 20 && newest == newest.sorted(by: >))
            #expect(!first.contains("This one") && first.contains("Sign out everywhere else"))
            let earlier = try #require(first.firstMatch(of: #/href="(\/account\?sessions=\d+)"/#)).1
            let second = try await client.get(String(earlier)).html
            let oldest = second.matches(of: end).compactMap { Int($0.1) }
            #expect(oldest.count == 5 && oldest.allSatisfy { $0 < newest.last ?? 0 })
            #expect(second.contains("This one") && second.contains("Back to the newest"))
            #expect(!second.contains("sessions="))
            #expect(try await client.get("/account?sessions=x").status == 422)
        }
    }

    @Test func nobodyEndsAnothersSession() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, bob) = (PageClient(port: server.client.port), PageClient(port: server.client.port))
            try await ada.signUp("ada")
            try await bob.signUp("bob")
            for id in 1...10 { _ = try await bob.post("/account/sessions/\(id)/end") }
            #expect(try await ada.get("/tasks").status == 200)
        }
    }

    @Test func anAccountIsDeletedWithNameAndPasswordAlone() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            let wrongName = try await client.post(
                "/account/delete", ["confirm": "Ada", "password": TestClient.password])
            #expect(wrongName.status == 422 && wrongName.html.contains("id=\"field-confirm-error\""))
            #expect(try await client.post("/account/delete", ["confirm": "ada", "password": "wrong"]).status == 401)
            let deleted = try await client.post("/account/delete", ["confirm": "ada", "password": TestClient.password])
            #expect(deleted.location == "/sign-in?notice=account-deleted")
            let again = PageClient(port: server.client.port)
            let refused = try await again.post("/sign-in", ["username": "ada", "password": TestClient.password])
            #expect(refused.status == 403 && refused.html.contains("This account is deleted."))
        }
    }

    @Test func signingUpTellsWhatIsWrongBesideItsField() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            let wrong = try await client.post("/sign-up", ["username": "a b", "email": "x", "password": "short"])
            #expect(wrong.status == 422)
            for name in ["username", "email", "password"] {
                #expect(wrong.html.contains("id=\"field-\(name)-error\""), "\(name)")
            }
            #expect(!wrong.html.contains("short\""), "a password is not sent back")
            try await client.signUp("ada")
            let taken = try await PageClient(port: server.client.port).post(
                "/sign-up", ["username": "ADA", "email": "new@example.org", "password": TestClient.password])
            #expect(taken.status == 409 && taken.html.contains("id=\"field-username-error\">This username is taken."))
        }
    }

    @Test func triesAreCountedTogetherWithTheInterface() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let client = PageClient(port: server.client.port)
            for _ in 1...5 {
                #expect(try await client.post("/sign-in", ["username": "ada", "password": "no"]).status == 401)
                #expect(
                    try await server.client.post("/api/login", ["username": "ada", "password": "no"]).status == 401)
            }
            let answer = try await client.post("/sign-in", ["username": "ada", "password": TestClient.password])
            #expect(answer.status == 429 && answer.html.contains("Too many tries"))
        }
    }
}
