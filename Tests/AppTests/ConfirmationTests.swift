import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// What is dangerous asks for the password again where the session is older than five minutes.
@Suite(.timeLimit(.minutes(5))) struct ConfirmationTests {
    /// Makes all sessions of a user look as if they had begun ten minutes ago.
    private func age(_ server: TestServer, _ id: Int) async throws {
        let userID = try #require(UserID(Int64(id)))
        let date = SystemTimeSource().wallNow.adding(.seconds(-600))
        try await server.manager.main.transaction { database in
            try await database.execute(
                "UPDATE Session SET Created_Date = ? WHERE User_ID = ?", [.timestamp(date), .integer(userID.rawValue)])
            try await database.execute(
                "DELETE FROM Session_State WHERE User_ID = ?", [.integer(userID.rawValue)])
        }
        server.accounts.apply(.user(userID))
    }

    @Test func anOldSessionIsAskedForThePassword() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let (root, rootID) = try await server.makeAdmin()
            let dangerous = [
                ("/admin/user/\(id)/access", ["reason": "Ticket 4711"]), ("/admin/user/\(id)/database/initialize", [:]),
            ]
            try await age(server, rootID)
            for (path, body) in dangerous {
                let answer = try await root.post(path, body)
                #expect(answer.status == 403, "\(path)")
                #expect(answer.code == "confirmation_required", "\(path)")
            }
            #expect(try await root.get("/admin/users").status == 200, "reading is not dangerous")
            let wrong = try await root.post("/api/me/confirm", ["password": "not this one"])
            #expect(wrong.status == 401)
            #expect(wrong.code == "invalid_credentials")
            #expect(try await root.post(dangerous[0].0, dangerous[0].1).code == "confirmation_required")
            #expect(try await root.post("/api/me/confirm", ["password": TestClient.password]).status == 204)
            for (path, body) in dangerous {
                #expect([200, 201].contains(try await root.post(path, body).status), "\(path)")
            }
        }
    }

    @Test func guessingByItIsSlowedDown() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            var statuses: Set<Int> = []
            for _ in 1...20 { statuses.insert(try await ada.post("/api/me/confirm", ["password": "a guess"]).status) }
            #expect(statuses == [401, 429])
            #expect(try await ada.post("/api/me/confirm", [:] as [String: String]).errorFields == ["password"])
        }
    }

    @Test func aPageAsksAndCarriesOn() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let (_, rootID) = try await server.makeAdmin()
            let root = PageClient(port: server.client.port)
            try await root.signIn("root")
            try await age(server, rootID)
            let path = "/admin/console/databases/\(id)"
            func isActive() async throws -> Bool? {
                try await server.manager.main.withDatabase(.read) {
                    try await UserRepository($0).find(try #require(UserID(Int64(id))))?.isActive
                }
            }
            // What is refused anyway asks for nothing.
            #expect(try await root.post("\(path)/suspend", ["confirm": "bob"]).status == 422)
            let asked = try await root.post("\(path)/suspend", ["confirm": "ada"])
            #expect(asked.status == 200)
            #expect(asked.html.contains("Confirm that it is you"))
            #expect(asked.html.contains(#"action="\#(path)/suspend""#))
            #expect(asked.html.contains(#"name="confirm" value="ada""#))
            #expect(try await isActive() == true)
            let wrong = try await root.post("\(path)/suspend", ["confirm": "ada", "password": "not this one"])
            #expect(wrong.status == 401)
            #expect(wrong.html.contains("The username or the password is wrong."))
            #expect(try await isActive() == true)
            let done = try await root.post("\(path)/suspend", ["confirm": "ada", "password": TestClient.password])
            #expect(done.location == "\(path)?notice=user-suspended")
            #expect(try await isActive() == false)
            // For five minutes it is not asked again.
            #expect(
                try await root.post("\(path)/make-admin", ["confirm": "ada"]).location == "\(path)?notice=admin-changed"
            )
        }
    }
}
