import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// Pages that say what went wrong say what to do about it.
@Suite(.timeLimit(.minutes(5))) struct PageErrorTests {
    @Test func anErrorPageNamesItsRequestAndLeadsOn() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            let visitor = try await client.get("/nothing")
            #expect(visitor.status == 404 && visitor.html.contains("Page not found"))
            #expect(visitor.html.contains("href=\"/sign-in\">Sign in</a>"))
            let requestID = try #require(visitor.headers["x-request-id"])
            #expect(visitor.html.contains("<code>\(requestID)</code>"))
            try await client.signUp("ada")
            let user = try await client.get("/notes/4711")
            #expect(user.html.contains("href=\"/tasks\">Go to tasks</a>") && !user.html.contains("Try again"))
            let admin = try await client.get("/admin/console")
            #expect(admin.status == 403 && admin.html.contains("Only an administrator may do this."))
            let query = try await client.get("/events?month=2026-13")
            #expect(query.status == 422 && query.html.contains("<b>month</b>"))
            client.origin = "https://evil.example"
            let foreign = try await client.post("/tasks", ["title": "x"])
            #expect(foreign.status == 403 && foreign.html.contains("Open the page again"))
            #expect(!foreign.html.contains("Sec-Fetch-Site"), "no word of the interface")
        }
    }

    @Test(arguments: [
        (Problem.unavailable("connection_failed", "x"), "We cannot open your data right now."),
        (Problem.unavailable("pool_timeout", "x"), "Too many people are here at this moment."),
        (Problem.tooManyRequests, "You sent too many requests at once."),
        (Problem.internalFailure, "The fault is ours."),
    ])
    func whatMayWorkLaterCanBeTriedAgain(problem: Problem, words: String) throws {
        let templates = try PageTemplates()
        func page(_ path: String?) -> String {
            templates.render(.problem, ProblemView(problem, at: path, isSignedIn: true, requestID: "abc"))
        }
        let reading = page("/notes?q=a&at=1")
        #expect(reading.contains(words))
        #expect(reading.contains("href=\"/notes?q=a&amp;at=1\">Try again</a>"))
        #expect(problem.retryAfter != 5 || reading.contains("in 5 seconds"))
        #expect(problem.retryAfter != 1 || reading.contains("in a second"))
        let sending = page(nil)
        #expect(!sending.contains(">Try again<") && sending.contains("what you wrote is still there"))
        #expect(!page("//evil.example").contains("evil"))
    }

    @Test(arguments: [
        TenancyError.Code.provisioningFailed, .connectionFailed, .overloaded, .busy, .diskFull, .shuttingDown,
    ])
    func anOperatorReadsWhatHappenedAndAUserNothingOfServers(code: TenancyError.Code) throws {
        let problem = Problem(TenancyError(code, "secret.example:5432"))
        let operators = ProblemView(problem, at: nil, isSignedIn: true, isInConsole: true, requestID: "abc").detail
        #expect(operators == "\(problem.detail) Code: \(code.rawValue).")
        #expect(!operators.lowercased().contains("your account") && !operators.contains("secret"))
        let users = ProblemView(problem, at: nil, isSignedIn: true, requestID: "abc").detail
        for text in [users, problem.detail] {
            for word in ["server", "operator", "provision"] { #expect(!text.lowercased().contains(word), "\(text)") }
        }
    }

    @Test func theConsoleNamesTheCodeToAdministratorsAlone() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.makeAdmin()
            let root = PageClient(port: server.client.port)
            try await root.signIn("root")
            #expect(try await root.get("/admin/console/databases/4711").html.contains("Code: "))
            #expect(try await !root.get("/notes/4711").html.contains("Code: "))
        }
    }

    @Test func howLongAnAccountCanBeRestored() {
        let cases: [(seconds: Int, text: String?)] = [
            (0, nil), (45, "45 seconds"), (60, "1 minute"), (1800, "30 minutes"), (5400, "90 minutes"),
            (21600, "6 hours"), (86400, "1 day"), (2_592_000, "30 days"),
        ]
        for (seconds, text) in cases { #expect(GraceText.text(.seconds(seconds)) == text) }
    }
}
