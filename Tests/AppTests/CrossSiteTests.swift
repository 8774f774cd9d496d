import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// Another site's page makes a browser send requests with the user's cookie, or sign somebody in: nothing comes of it.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct CrossSiteTests {
    /// How a browser says that a request comes from another site's page.
    private static func foreign(to server: TestServer) -> [[String: String]] {
        let port = server.client.port
        return [
            ["Origin": "http://evil.example"], ["Origin": "null"], ["Origin": "http://127.0.0.1:\(port).evil.example"],
            ["Origin": "http://127.0.0.1:\(port == 1 ? 2 : 1)"], ["Sec-Fetch-Site": "cross-site"],
            ["Sec-Fetch-Site": "same-site"], ["Origin": "http://evil.example", "X-Requested-With": "XMLHttpRequest"],
        ]
    }

    private static func own(_ server: TestServer) -> [String: String] {
        ["Origin": "http://127.0.0.1:\(server.client.port)"]
    }

    private struct Change: CustomStringConvertible {
        let method: String
        let path: String
        let body: [String: String]?
        /// What it gives where it comes from the own site.
        let status: Int

        var description: String { "\(method) \(path)" }
    }

    /// Everything that a user can change, the end of the account last.
    /// - Parameter ids: of an item of each kind, by the path of its kind.
    private static func changes(of ids: [String: Int], newPassword: String) -> [Change] {
        var changes: [Change] = []
        for (path, item) in ItemRouteTests.samples {
            let own = "\(path)/\(ids[path] ?? 0)"
            changes += [
                Change(method: "POST", path: path, body: item, status: 201),
                Change(method: "PUT", path: own, body: item, status: 200),
                Change(method: "PATCH", path: own, body: ["title": "changed"], status: 200),
                Change(method: "DELETE", path: own, body: nil, status: 204),
            ]
        }
        let passwords = ["current_password": TestClient.password, "new_password": newPassword]
        let confirmation = ["password": TestClient.password]
        return changes + [
            Change(method: "PUT", path: "/api/me/password", body: passwords, status: 204),
            Change(method: "POST", path: "/api/logout", body: nil, status: 204),
            Change(method: "DELETE", path: "/api/me", body: confirmation, status: 202),
        ]
    }

    private func signIn(_ name: String, _ server: TestServer) async throws -> (cookie: [String: String], status: Int) {
        let answer = try await server.client.post(
            "/api/login", ["username": name, "password": TestClient.password])
        let cookie = String(answer.header("Set-Cookie")?.prefix { $0 != ";" } ?? "")
        return (["Cookie": cookie], answer.status)
    }

    private func rows(of client: TestClient) async throws -> [String] {
        var texts: [String] = []
        for (path, _) in ItemRouteTests.samples { texts.append(try await client.get(path).text) }
        return texts
    }

    @Test func theCookieChangesNothingForAnotherSite() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            var ids: [String: Int] = [:]
            for (path, item) in ItemRouteTests.samples { ids[path] = try await ada.post(path, item).json["id"] as? Int }
            let before = try await rows(of: ada)
            let (cookie, _) = try await signIn("ada", server)
            for change in Self.changes(of: ids, newPassword: "another horse") {
                for foreign in Self.foreign(to: server) {
                    let headers = foreign.merging(cookie) { $1 }
                    let answer = try await server.client.send(
                        change.method, change.path, json: change.body, headers: headers)
                    #expect(answer.status == 403, "\(change) \(foreign)")
                    #expect(answer.code == "cross_site_request", "\(change) \(foreign)")
                }
            }
            #expect(try await rows(of: ada) == before)
            #expect(try await server.client.send("GET", "/api/me", headers: cookie).status == 200)
            #expect(try await signIn("ada", server).status == 200, "the password is the old one")
        }
    }

    /// The control: the same requests from the own site do what they say.
    @Test func theCookieChangesEverythingForItsOwnSite() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            var ids: [String: Int] = [:]
            for (path, item) in ItemRouteTests.samples { ids[path] = try await ada.post(path, item).json["id"] as? Int }
            for change in Self.changes(of: ids, newPassword: TestClient.password) {
                // Some of them end the session.
                let headers = try await signIn("ada", server).cookie.merging(Self.own(server)) { $1 }
                let answer = try await server.client.send(
                    change.method, change.path, json: change.body, headers: headers)
                #expect(answer.status == change.status, "\(change): \(answer.text)")
            }
            #expect(try await signIn("ada", server).status == 403, "the account is deleted")
        }
    }

    @Test func nobodyIsSignedInByAnotherSite() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let login = ["username": "ada", "password": TestClient.password]
            let account = ["username": "eve", "email": "eve@example.org", "password": TestClient.password]
            for foreign in Self.foreign(to: server) {
                for (path, body) in [("/api/login", login), ("/api/register", account)] {
                    let answer = try await server.client.send("POST", path, json: body, headers: foreign)
                    #expect(answer.status == 403, "\(path) \(foreign)")
                    #expect(answer.code == "cross_site_request", "\(path) \(foreign)")
                    #expect(answer.header("Set-Cookie") == nil, "\(path) \(foreign)")
                }
            }
            #expect(try await signIn("eve", server).status == 401, "nobody was registered")
            for (path, body, status) in [("/api/login", login, 200), ("/api/register", account, 201)] {
                let answer = try await server.client.send("POST", path, json: body, headers: Self.own(server))
                #expect(answer.status == status, "\(path)")
            }
        }
    }

    @Test func everyDocumentedChangeIsRefusedToAnotherSite() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            _ = try await server.makeAdmin()
            let (cookie, _) = try await signIn("root", server)
            let headers = cookie.merging(["Origin": "http://evil.example"]) { $1 }
            let changes = try await server.client.documentedOperations().filter { $0.method != "GET" }
            #expect(changes.count >= 20)
            for change in changes {
                let answer = try await server.client.send(change.method, change.filled(with: id), headers: headers)
                #expect(answer.status == 403, "\(change)")
                #expect(answer.code == "cross_site_request", "\(change)")
            }
        }
    }
}
