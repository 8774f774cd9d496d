import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// Many users at once over HTTP, each compared with a model of what they did: signing in and out, writing, reading, being
/// suspended; every answer must be what the model says.
@Suite(.timeLimit(.minutes(15))) struct UserModelTests {
    /// Numbers of items that anybody made: those of others must answer 404.
    private actor Numbers {
        private(set) var all: [Int] = []
        func add(_ number: Int) { all.append(number) }
    }

    /// What one user does, and what they must see.
    private struct Model {
        let name: String
        let id: Int
        var client: TestClient
        var titles: [Int: String] = [:]
        var findings: [String] = []
        var steps = 0

        mutating func expect(_ isRight: Bool, _ what: String) {
            if !isRight { findings.append("\(name), step \(steps): \(what)") }
        }

        mutating func step(_ random: inout SeededGenerator, _ server: TestServer, _ numbers: Numbers) async throws {
            steps += 1
            let own = titles.keys.sorted().randomElement(using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40:
                let title = "\(name)/\(steps)"
                let made = try await client.post("/api/tasks", ["title": title])
                expect(made.status == 201, "adding gave \(made.status) \(made.text)")
                guard let number = made.json["id"] as? Int else { return }
                titles[number] = title
                await numbers.add(number)
            case 40..<65: try await list()
            case 65..<75:
                guard let own else { return }
                let title = "\(name)/\(steps)"
                let status = try await client.send("PATCH", "/api/tasks/\(own)", json: ["title": title]).status
                expect(status == 200, "changing gave \(status)")
                titles[own] = title
            case 75..<80:
                guard let own else { return }
                let status = try await client.send("DELETE", "/api/tasks/\(own)").status
                expect(status == 204, "deleting gave \(status)")
                titles[own] = nil
            case 80..<92:
                guard let number = await numbers.all.randomElement(using: &random) else { return }
                let answer = try await client.get("/api/tasks/\(number)")
                let title = answer.status == 200 ? answer.json["title"] as? String : nil
                expect(answer.status == (titles[number] == nil ? 404 : 200), "number \(number) gave \(answer.status)")
                expect(title == titles[number], "number \(number) has the title \(title ?? "none")")
            case 92..<96:
                let old = client
                expect(try await client.post("/api/logout", [:] as [String: String]).status == 204, "signing out")
                try await signIn()
                expect(try await old.get("/api/tasks").status == 401, "the old token lives on")
            default:
                guard let user = UserID(Int64(id)) else { return }
                try await server.accounts.suspend(user)
                let status = try await client.get("/api/tasks").status
                expect([401, 403].contains(status), "a suspended user gets \(status)")
                try await server.accounts.resume(user)
                try await signIn()
            }
        }

        mutating func signIn() async throws {
            let answer = try await client.post("/api/login", ["username": name, "password": TestClient.password])
            expect(answer.status == 200, "signing in gave \(answer.status)")
            client = client.with(token: answer.json["token"] as? String)
        }

        mutating func list() async throws {
            let page = try await client.get("/api/tasks?limit=200")
            let seen = page.items.compactMap { $0["title"] as? String }
            expect(page.status == 200, "listing gave \(page.status)")
            expect(seen.sorted() == titles.values.sorted(), "the list is \(seen)")
        }
    }

    /// - Returns: what was not as it must be.
    private func findings(_ server: TestServer, users: Int, steps: Int, seed: UInt64) async throws -> [String] {
        let numbers = Numbers()
        var models: [Model] = []
        for number in 0..<users {
            let (client, id) = try await server.client.register("user\(number)")
            models.append(Model(name: "user\(number)", id: id, client: client))
        }
        return try await withThrowingTaskGroup(of: [String].self) { group in
            for (number, model) in models.enumerated() {
                group.addTask {
                    var (model, random) = (model, SeededGenerator(seed: seed &+ UInt64(number)))
                    for _ in 0..<steps { try await model.step(&random, server, numbers) }
                    try await model.list()
                    return model.findings
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test(arguments: [true, false], Proof.seeds([21]))
    func everyAnswerIsWhatTheModelSays(multiTenant: Bool, seed: UInt64) async throws {
        try await TestServer.withServer(multiTenant: multiTenant) { server in
            let found = try await findings(server, users: 8, steps: 60, seed: seed)
            #expect(found == [], "seed \(seed)")
            Proof.tell(
                "model over HTTP, \(server.place.kind), \(multiTenant ? "own databases" : "one database")",
                ["steps": 8 * 60, "answers that were not the model's": found.count])
        }
    }

    @Test func withoutTheUserFilterTheRunFindsTheLeak() async throws {
        let configure: @Sendable (inout Settings) -> Void = { $0.disabledSafeguards = [.userFilter] }
        try await TestServer.withServer(on: [.sqlite], multiTenant: false, configure: configure) { server in
            let found = try await findings(server, users: 4, steps: 30, seed: 21)
            #expect(found.contains { $0.contains("the list is") })
            #expect(found.contains { $0.contains("has the title") })
        }
    }
}
