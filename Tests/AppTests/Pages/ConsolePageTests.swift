import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// The operator's console, by its pages.
@Suite(.timeLimit(.minutes(10))) struct ConsolePageTests {
    private func root(_ server: TestServer) async throws -> PageClient {
        _ = try await server.makeAdmin()
        let root = PageClient(port: server.client.port)
        try await root.signIn("root")
        return root
    }

    @Test func listsFindUsersAndDatabases() async throws {
        try await TestServer.withServerInEachMode { server in
            for name in ["ada", "bob", "eve"] { _ = try await server.client.register(name) }
            let root = try await root(server)
            let users = try await root.get("/admin/console/users?q=ad").html
            #expect(users.contains(">ada</a>") && !users.contains(">bob</a>"))
            #expect(try await root.get("/admin/console/users?q=2").html.contains(">bob</a>"), "by number")
            let admins = try await root.get("/admin/console/users?standing=administrator").html
            #expect(admins.contains(">root</a>") && !admins.contains(">ada</a>"))
            #expect(try await root.get("/admin/console/users?standing=odd").status == 422)
            let databases = try await root.get("/admin/console/databases").html
            let isMultiTenant = databases.contains(">ada</a>")
            let kind = server.place.kind.rawValue
            for (query, isFound) in [
                ("q=ada", true), ("q=bob", false), ("engine=\(kind)", true), ("state=active", true),
                ("state=suspended", false), ("version=1", true), ("version=7", false), ("server=4711", false),
                ("q=ada@example.org&engine=\(kind)&state=active&version=1", true),
            ] {
                let html = try await root.get("/admin/console/databases?\(query)").html
                #expect(html.contains(">ada</a>") == (isFound && isMultiTenant), "\(query)")
            }
            #expect(try await root.get("/admin/console/databases?engine=oracle").status == 422)
        }
    }

    @Test func listsArePaged() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let root = try await root(server)
            try await server.accounts.main.transaction { database in
                for number in 1...120 {
                    _ = try await UserRepository(database).insert(
                        username: "person\(number).", email: "\(number)@example.org", passwordHash: nil,
                        date: Timestamp(milliseconds: 0))
                }
            }
            var path = "/admin/console/users?q=person"
            var seen: [String] = []
            while true {
                let html = try await root.get(path).html
                seen += html.matches(of: #/>(person\d+\.)<\/a>/#).map { String($0.1) }
                guard let more = html.firstMatch(of: #/href="([^"]+)" data-swap>More/#) else { break }
                path = String(more.1).replacing("&amp;", with: "&")
            }
            #expect(seen == (1...120).map { "person\($0)." })
        }
    }

    @Test func oneDatabaseIsTestedAndItsSecretsStayHidden() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let root = try await root(server)
            let userID = try #require(UserID(Int64(id)))
            let page = try await root.get("/admin/console/databases/\(id)").html
            #expect(page.contains("Size over time") && page.contains("user.create"))
            let config = try #require(try await server.manager.loadUserDatabaseConfig(userID))
            if let sealed = config.sealedPassword?.text { #expect(!page.contains(sealed)) }
            let location = try await server.manager.unsafeLocation(of: userID)
            if let password = location.login?.password { #expect(!page.contains(password.unsafeReveal())) }
            let tested = try await root.post("/admin/console/databases/\(id)/test").html
            #expect(tested.contains("All is well"))
            for check in ["connection", "identity", "tables", "write", "integrity"] {
                #expect(tested.contains("<b>\(check)</b>"), "\(check)")
            }
            #expect(try await root.get("/admin/console/databases/4711").status == 404)
            #expect(try await root.post("/admin/console/databases/4711/test").status == 404)
        }
    }

    @Test func whatIsDangerousAsksForTheName() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let root = try await root(server)
            let path = "/admin/console/databases/\(id)"
            for action in ["suspend", "make-admin", "delete"] {
                for confirm in ["", "Ada", "root"] {
                    let refused = try await root.post("\(path)/\(action)", ["confirm": confirm])
                    #expect(refused.status == 422, "\(action) \(confirm)")
                    #expect(refused.html.contains("id=\"confirm-\(action)-error\""), "\(action) \(confirm)")
                }
            }
            #expect(try await ada.get("/api/me").status == 200)
            #expect(
                try await root.post("\(path)/suspend", ["confirm": "ada"]).location == "\(path)?notice=user-suspended")
            #expect(try await ada.get("/api/me").status == 401)
            #expect(try await root.post("\(path)/resume").location == "\(path)?notice=user-resumed")
            #expect(try await root.post("\(path)/delete", ["confirm": "ada"]).location == "\(path)?notice=user-deleted")
            #expect(try await root.get(path).html.contains("Restore the account"))
            #expect(try await root.post("\(path)/restore").location == "\(path)?notice=user-restored")
            try await PageClient(port: server.client.port).signIn("ada")
            let audit = try await root.get("/admin/console/audit?user=\(id)").html
            for action in ["user.suspend", "user.resume", "user.delete"] { #expect(audit.contains(action)) }
        }
    }

    @Test func theLastAdministratorStays() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let root = try await root(server)
            for action in ["suspend", "take-admin", "delete"] {
                let refused = try await root.post("/admin/console/databases/1/\(action)", ["confirm": "root"])
                #expect(refused.status == 409 && refused.html.contains("This is the last administrator."), "\(action)")
            }
            #expect(try await root.get("/admin/console").status == 200)
        }
    }

    @Test func aDatabaseIsMadeOnceAndItsPasswordChanged() async throws {
        try await TestServer.withServer { server in
            let user = try await server.accounts.main.transaction { database in
                try await UserRepository(database).insert(
                    username: "ada", email: "ada@example.org", passwordHash: nil, date: Timestamp(milliseconds: 0))
            }
            let root = try await root(server)
            let path = "/admin/console/databases/\(user.id)"
            #expect(try await root.get("/admin/console/users?standing=without-database").html.contains(">ada</a>"))
            #expect(try await root.get(path).html.contains("Make a database"))
            #expect(try await root.post("\(path)/initialize").location == "\(path)?notice=database-made")
            #expect(try await root.post("\(path)/initialize").location == "\(path)?notice=database-there")
            let rotated = try await root.post("\(path)/rotate-password", ["confirm": "ada"])
            if server.place.server == nil {
                #expect(rotated.status == 409, "a file has no login")
            } else {
                #expect(rotated.location == "\(path)?notice=password-rotated")
                #expect(try await root.get("\(path)").html.contains("database.rotate_password_asked"))
                #expect(try await root.get("/admin/console/servers").html.contains("<b>shared</b>"))
            }
            #expect(try await root.post("\(path)/test").html.contains("All is well"))
        }
    }

    @Test func jobsShowTheirStepsAndAreTriedAgain() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let root = try await root(server)
            let page = try await root.get("/admin/console/jobs").html
            #expect(page.contains("register") && page.contains("4 of 4"))
            #expect(!page.contains("Try again"))
            let user = try await server.accounts.main.transaction { database in
                let user = try await UserRepository(database).insert(
                    username: "eve", email: "eve@example.org", passwordHash: nil, date: Timestamp(milliseconds: 0))
                _ = try await database.execute(
                    """
                    INSERT INTO Job (Kind, User_ID, State, Error, Attempts, Created_Date, Updated_Date)
                    VALUES ('provision', ?, 'failed', 'The disk was full.', 1, ?, ?)
                    """,
                    [.integer(user.id.rawValue), .timestamp(user.createdAt), .timestamp(user.createdAt)])
                return user
            }
            let failed = try await root.get("/admin/console/jobs?state=failed").html
            #expect(failed.contains("The disk was full.") && failed.contains(">eve</a>"))
            let retry = try #require(failed.firstMatch(of: #/action="([^"]+\/retry)"/#)).1
            #expect(try await root.post(String(retry)).location == "/admin/console/jobs?notice=job-retried")
            #expect(try await server.manager.loadUserDatabaseConfig(user.id)?.state == .active)
            #expect(try await root.get("/admin/console/jobs?state=failed").html.contains("There is no such job."))
            #expect(
                try await root.post("/admin/console/jobs/1/retry").location == "/admin/console/jobs?notice=job-ended")
            #expect(
                try await root.post("/admin/console/jobs/999/retry").location == "/admin/console/jobs?notice=job-ended")
        }
    }

    @Test func theAuditPageFollowsTheChain() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let root = try await root(server)
            let whole = try await root.post("/admin/console/audit/verify").html
            #expect(whole.firstMatch(of: #/Chain intact, \d+ entries\./#) != nil)
            try await server.accounts.main.transaction { database in
                _ = try await database.execute("UPDATE Audit_Log SET Action = 'user.fake' WHERE Audit_ID = 1")
            }
            #expect(try await root.post("/admin/console/audit/verify").html.contains("Chain broken at entry 1"))
            // Half a name, while somebody types it, is nobody's yet.
            let nobody = try await root.get("/admin/console/audit?user=rubbish")
            #expect(nobody.status == 200 && nobody.html.contains("No entries match."))
            #expect(try await root.get("/admin/console/audit?from=rubbish").status == 422)
        }
    }

    /// A link to somebody who was removed would end in "Page not found".
    @Test func whoWasRemovedHasNoLink() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let root = try await root(server)
            let link = "href=\"/admin/console/databases/\(id)\""
            #expect(try await root.get("/admin/console/audit").html.contains(link), "the control")
            #expect(try await ada.send("DELETE", "/api/me", json: ["password": TestClient.password]).status == 202)
            let date = server.manager.main.time.wallNow.adding(.seconds(60))
            try await server.manager.purgeUser(try #require(UserID(Int64(id))), deletedBefore: date)
            let audit = try await root.get("/admin/console/audit?user=\(id)").html
            #expect(audit.contains("<td>user \(id)</td>") && !audit.contains(link))
            #expect(!(try await root.get("/admin/console").html.contains(link)))
        }
    }

    @Test func numbersAreWrittenAlikeAndNoErrorsAreNotRed() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_MAX_CONNECTIONS": "1000"]) { server in
            let root = try await root(server)
            #expect(try await root.get("/admin/console/pools").html.contains(" of 1,000 connections are open."))
            let overview = try await root.get("/admin/console").html
            #expect(overview.contains("at most 1,000") && !overview.contains("chart bad"))
        }
    }

    @Test func settingsShowNoSecret() async throws {
        let environment = ["UNIFY_METRICS_TOKEN": "planted-token-4711"]
        try await TestServer.withServer(environment: environment) { server in
            let root = try await root(server)
            let page = try await root.get("/admin/console/settings").html
            for name in SettingsReader.names.map(\.name) { #expect(page.contains("<code>\(name)</code>"), "\(name)") }
            #expect(page.contains("&lt;redacted&gt;"))
            #expect(!page.contains("planted-token-4711"))
            if let password = server.manager.main.location.login?.password {
                #expect(!page.contains(password.unsafeReveal()))
            }
        }
    }

    @Test func everySettingIsShown() async throws {
        let folder = try TemporaryFolder()
        let settings = try SettingsReader(environment: ["UNIFY_DATA_DIR": folder.path], file: nil)
            .read(descriptorLimit: 4096)
        #expect(Set(settings.inForce.keys) == Set(SettingsReader.names.map(\.name)))
    }

    @Test func whatFailedIsShownWithItsRequest() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let root = try await root(server)
            await server.manager.evictOldest()
            let userID = try #require(UserID(Int64(id)))
            let path = try #require(try await server.manager.loadUserDatabaseConfig(userID)?.path)
            try FileManager.default.removeItem(atPath: "\(server.folder)/\(path)")
            let failed = try await ada.get("/api/tasks")
            #expect(failed.status == 503)
            let page = try await root.get("/admin/console/databases/\(id)").html
            #expect(page.contains("database_missing"))
            #expect(page.contains(try #require(failed.header("X-Request-ID"))))
            #expect(try await root.post("/admin/console/databases/\(id)/test").html.contains("Something is wrong"))
            #expect(try await root.get("/admin/console").html.contains("database_missing"))
        }
    }
}
