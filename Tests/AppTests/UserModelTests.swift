import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// Many users at once over HTTP, each compared with a model of what they did: signing in and out, writing, reading,
/// leaving and coming back, while connections are closed and databases and passwords change; every answer must be what
/// the model says.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct UserModelTests {
    /// Numbers of items that anybody made: those of others must answer 404.
    private actor Numbers {
        private(set) var all: [Int] = []
        func add(_ number: Int) { all.append(number) }
    }

    private enum Step: String, CaseIterable {
        // What the user does.
        case add, list, abandonList, change, delete, look, signOut, changePassword, deleteAccount
        // What happens to the user, or to the user's database.
        case suspend, evict, moveEpoch, rotatePassword

        /// How many of a hundred steps are of this kind.
        private var weight: Int {
            switch self {
            case .add: 28
            case .list, .look: 12
            case .change: 8
            case .abandonList: 6
            case .delete, .evict: 5
            case .signOut, .changePassword, .deleteAccount, .suspend, .moveEpoch, .rotatePassword: 4
            }
        }

        static let weighted = allCases.flatMap { Array(repeating: $0, count: $0.weight) }

        /// The steps that can be taken in a mode and with an engine.
        static func possible(_ server: TestServer, multiTenant: Bool) -> [Step] {
            allCases.filter { step in
                switch step {
                case .moveEpoch: multiTenant
                case .rotatePassword: multiTenant && server.place.server != nil
                default: true
                }
            }
        }
    }

    /// What one user does, and what they must see.
    private struct Model {
        let name: String
        let user: UserID
        var client: TestClient
        var password = TestClient.password
        var titles: [Int: String] = [:]
        var findings: [String] = []
        var steps = 0
        /// How often each step was taken.
        var taken: [Step: Int] = [:]

        init(name: String, user: UserID, client: TestClient) {
            self.name = name
            self.user = user
            self.client = client
        }

        mutating func expect(_ isRight: Bool, _ what: String) {
            if !isRight { findings.append("\(name), step \(steps): \(what)") }
        }

        mutating func step(_ random: inout SeededGenerator, _ server: TestServer, _ numbers: Numbers) async throws {
            steps += 1
            guard let step = Step.weighted.randomElement(using: &random) else { return }
            let isTaken = try await take(step, &random, server, numbers)
            if isTaken { taken[step, default: 0] += 1 }
        }

        /// - Returns: false where there was nothing to do it with.
        private mutating func take(
            _ step: Step, _ random: inout SeededGenerator, _ server: TestServer, _ numbers: Numbers
        ) async throws -> Bool {
            switch step {
            case .add: try await add(numbers)
            case .list: try await list()
            case .abandonList: try await abandonList(&random)
            case .change: return try await change(&random)
            case .delete: return try await delete(&random)
            case .look: return try await look(&random, numbers)
            case .signOut: try await signOut()
            case .changePassword: try await changePassword()
            case .deleteAccount: try await deleteAccount(server)
            case .suspend: try await suspend(server)
            case .evict:
                await server.manager.evictOldest()
                try await list()
            case .moveEpoch: return try await moveEpoch(server)
            case .rotatePassword: return try await rotatePassword(server)
            }
            return true
        }

        // MARK: Rows

        private mutating func add(_ numbers: Numbers) async throws {
            let title = "\(name)/\(steps)"
            let made = try await client.post("/api/tasks", ["title": title])
            expect(made.status == 201, "adding gave \(made.status) \(made.text)")
            guard let number = made.json["id"] as? Int else { return }
            titles[number] = title
            await numbers.add(number)
        }

        private mutating func change(_ random: inout SeededGenerator) async throws -> Bool {
            guard let own = titles.keys.sorted().randomElement(using: &random) else { return false }
            let title = "\(name)/\(steps)"
            let status = try await client.send("PATCH", "/api/tasks/\(own)", json: ["title": title]).status
            expect(status == 200, "changing gave \(status)")
            titles[own] = title
            return true
        }

        private mutating func delete(_ random: inout SeededGenerator) async throws -> Bool {
            guard let own = titles.keys.sorted().randomElement(using: &random) else { return false }
            let status = try await client.send("DELETE", "/api/tasks/\(own)").status
            expect(status == 204, "deleting gave \(status)")
            titles[own] = nil
            return true
        }

        private mutating func look(_ random: inout SeededGenerator, _ numbers: Numbers) async throws -> Bool {
            guard let number = await numbers.all.randomElement(using: &random) else { return false }
            let answer = try await client.get("/api/tasks/\(number)")
            let title = answer.status == 200 ? answer.json["title"] as? String : nil
            expect(answer.status == (titles[number] == nil ? 404 : 200), "number \(number) gave \(answer.status)")
            expect(title == titles[number], "number \(number) has the title \(title ?? "none")")
            return true
        }

        mutating func list() async throws {
            let page = try await client.get("/api/tasks?limit=200")
            let seen = page.items.compactMap { $0["title"] as? String }
            expect(page.status == 200, "listing gave \(page.status) \(page.text)")
            expect(seen.sorted() == titles.values.sorted(), "the list is \(seen)")
        }

        /// Asks for the list and goes away before, while or after it is answered.
        private mutating func abandonList(_ random: inout SeededGenerator) async throws {
            let request = Task { [client] in
                let connection = try RawConnection(port: client.port)
                let head = "Host: x\r\nAuthorization: Bearer \(client.token ?? "")\r\n"
                connection.send("GET /api/tasks?limit=200 HTTP/1.1\r\n\(head)\r\n")
                return try await connection.receive(answers: 1).text
            }
            for _ in 0..<Int.random(in: 0..<200, using: &random) { await Task.yield() }
            request.cancel()
            // That it was cancelled is what it is for.
            guard let text = try? await request.value else { return }
            let owners = Set(text.matches(of: /"(user\d+)\//).map { String($0.1) })
            expect(owners.isSubset(of: [name]), "the abandoned list is of \(owners)")
        }

        // MARK: Account

        private mutating func signIn() async throws {
            let answer = try await client.post("/api/login", ["username": name, "password": password])
            expect(answer.status == 200, "signing in gave \(answer.status) \(answer.text)")
            client = client.with(token: answer.json["token"] as? String)
        }

        private mutating func signOut() async throws {
            let old = client
            expect(try await client.send("POST", "/api/logout").status == 204, "signing out")
            try await signIn()
            expect(try await old.get("/api/tasks").status == 401, "the old token lives on")
        }

        private mutating func changePassword() async throws {
            let new = "\(name) has a new one, \(steps)"
            let change = ["current_password": password, "new_password": new]
            let status = try await client.send("PUT", "/api/me/password", json: change).status
            expect(status == 204, "changing the password gave \(status)")
            password = new
            // This session goes on.
            try await list()
            try await signIn()
        }

        private mutating func deleteAccount(_ server: TestServer) async throws {
            let status = try await client.send("DELETE", "/api/me", json: ["password": password]).status
            expect(status == 202, "deleting the account gave \(status)")
            let user = user
            try await comeBack { try await server.accounts.restore(user) }
        }

        private mutating func suspend(_ server: TestServer) async throws {
            let user = user
            try await server.accounts.suspend(user)
            try await comeBack { try await server.accounts.resume(user) }
        }

        private mutating func comeBack(_ letIn: () async throws -> Bool) async throws {
            let old = client
            expect(try await old.get("/api/tasks").status == 401, "a token of an account that is not in use holds")
            let isBack = try await letIn()
            expect(isBack, "the account was in use")
            expect(try await old.get("/api/tasks").status == 401, "the old token lives again")
            try await signIn()
            try await list()
        }

        // MARK: Database

        /// As another process does that moves the database: connections from before must end.
        private mutating func moveEpoch(_ server: TestServer) async throws -> Bool {
            guard try await server.manager.loadUserDatabaseConfig(user) != nil else { return false }
            let sql = "UPDATE User_Database_Config SET Epoch = Epoch + 1 WHERE User_ID = ?"
            let parameters = [SQLValue.integer(user.rawValue)]
            try await server.manager.main.transaction { _ = try await $0.execute(sql, parameters) }
            await server.manager.apply(.user(user))
            try await list()
            return true
        }

        private mutating func rotatePassword(_ server: TestServer) async throws -> Bool {
            guard try await server.manager.loadUserDatabaseConfig(user)?.login != nil else { return false }
            try await server.manager.rotatePassword(of: user)
            try await list()
            return true
        }
    }

    /// - Returns: what was not as it must be, and how often each step was taken.
    private func run(
        _ server: TestServer, users: Int, steps: Int, seed: UInt64
    ) async throws -> (findings: [String], taken: [Step: Int]) {
        let numbers = Numbers()
        var models: [Model] = []
        for number in 0..<users {
            let (client, id) = try await server.client.register("user\(number)")
            let user = try #require(UserID(Int64(id)))
            models.append(Model(name: "user\(number)", user: user, client: client))
        }
        return try await withThrowingTaskGroup(of: Model.self) { group in
            for (number, model) in models.enumerated() {
                group.addTask {
                    var (model, random) = (model, SeededGenerator(seed: seed &+ UInt64(number)))
                    for _ in 0..<steps { try await model.step(&random, server, numbers) }
                    try await model.list()
                    return model
                }
            }
            var (findings, taken) = ([String](), [Step: Int]())
            for try await model in group {
                findings += model.findings
                taken.merge(model.taken) { $0 + $1 }
            }
            return (findings, taken)
        }
    }

    @Test(arguments: [true, false], Proof.seeds([21]))
    func everyAnswerIsWhatTheModelSays(multiTenant: Bool, seed: UInt64) async throws {
        try await TestServer.withServer(multiTenant: multiTenant) { server in
            let (found, taken) = try await run(server, users: 8, steps: 60, seed: seed)
            #expect(found == [], "seed \(seed)")
            let missing = Step.possible(server, multiTenant: multiTenant).filter { taken[$0, default: 0] == 0 }
            #expect(missing == [], "seed \(seed)")
            Proof.tell(
                "model over HTTP, \(server.place.kind), \(multiTenant ? "own databases" : "one database")",
                ["steps": 8 * 60, "answers that were not the model's": found.count]
                    .merging(taken.map { ("times: \($0.key.rawValue)", $0.value) }) { $1 })
        }
    }

    @Test func withoutTheUserFilterTheRunFindsTheLeak() async throws {
        let configure: @Sendable (inout Settings) -> Void = { $0.disabledSafeguards = [.userFilter] }
        try await TestServer.withServer(on: [.sqlite], multiTenant: false, configure: configure) { server in
            let (found, _) = try await run(server, users: 4, steps: 30, seed: 21)
            for finding in ["the list is", "has the title"] {
                let isFound = found.contains { $0.contains(finding) }
                #expect(isFound, "\(finding)")
            }
        }
    }
}
