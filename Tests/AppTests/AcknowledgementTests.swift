import Synchronization
import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy

/// What is answered to a change tells what became of it, also while the user's leases are ended again and again.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct AcknowledgementTests {
    /// Adds tasks, and keeps in mind what was answered.
    private final class Adding: Sendable {
        struct Answers {
            var added: Set<String> = []
            var refused: Set<String> = []
        }

        private let client: TestClient
        private let isOn = Atomic(true)
        private let kept = Lock(Answers())

        init(_ client: TestClient) { self.client = client }

        var answers: Answers { kept.withLock { $0 } }

        func end() { isOn.store(false, ordering: .relaxed) }

        func add(_ name: String) async throws {
            var number = 0
            while isOn.load(ordering: .relaxed) {
                number += 1
                let title = "\(name)-\(number)"
                let status = try await client.post("/api/tasks", ["title": title]).status
                #expect([201, 503].contains(status))
                kept.withLock { answers in
                    if status == 201 { answers.added.insert(title) } else { answers.refused.insert(title) }
                }
            }
        }
    }

    private static func titles(of client: TestClient) async throws -> Set<String> {
        var titles: Set<String> = []
        var path: String? = "/api/tasks?limit=200"
        while let next = path {
            let answer = try await client.get(next)
            #expect(answer.status == 200)
            titles.formUnion(answer.items.compactMap { $0["title"] as? String })
            path = (answer.json["next_cursor"] as? String).map { "/api/tasks?limit=200&cursor=\($0)" }
        }
        return titles
    }

    @Test func whatIsRefusedIsNotThereAndWhatIsAddedIs() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            let adding = Adding(ada)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                defer { adding.end() }
                for name in ["a", "b", "c"] { tasks.addTask { try await adding.add(name) } }
                for round in 1...12 {
                    try await eventually("something is added in round \(round)") {
                        adding.answers.added.count >= round * 5
                    }
                    // As after a rotation, a move or an attachment in another process.
                    try await server.manager.main.transaction { database in
                        _ = try await database.execute(
                            "UPDATE User_Database_Config SET Epoch = Epoch + 1 WHERE User_ID = ?",
                            [.integer(userID.rawValue)])
                    }
                    await server.manager.apply(.user(userID))
                }
                adding.end()
                try await tasks.waitForAll()
            }
            let stored = try await Self.titles(of: ada)
            let answers = adding.answers
            #expect(answers.added.subtracting(stored).isEmpty, "acknowledged and not there")
            #expect(answers.refused.intersection(stored).isEmpty, "refused and there")
        }
    }
}
