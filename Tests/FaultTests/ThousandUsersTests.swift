import Foundation
import Testing
import UnifyTesting

/// A thousand users of one server, each in their own database.
@Suite(.timeLimit(.minutes(10))) struct ThousandUsersTests {
    static let userCount = 1000

    @Test func eachSeesExactlyTheirOwnTasks() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_LOG_LEVEL": "notice", "UNIFY_MAX_CONNECTIONS": "40"])
        defer { process.killHard() }
        let users = try await inLanes(Array(0..<Self.userCount)) { number in
            let (user, id) = try await client.register("user-\(number)")
            for task in 0...(number % 3) {
                let made = try await user.post("/api/tasks", ["title": "\(number)/\(task)"])
                guard made.status == 201 else { throw TestFailure("a task of \(number) gave \(made.status)") }
            }
            return (number, id, user.token)
        }
        #expect(Set(users.map(\.1)).count == Self.userCount)
        _ = try await inLanes(users) { number, _, token in
            let tasks = try await client.with(token: token).get("/api/tasks")
            let titles = tasks.items.compactMap { $0["title"] as? String }
            guard titles == (0...(number % 3)).map({ "\(number)/\($0)" }) else {
                throw TestFailure("user \(number) sees \(tasks.status) \(titles)")
            }
        }
        try expectAFileEach(users.map(\.1), in: "\(folder.path)/data/users")
    }

    private func expectAFileEach(_ ids: [Int], in folder: String) throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".db") }
        #expect(files.count == ids.count)
        #expect(Set(files.map { ($0 as NSString).lastPathComponent }) == Set(ids.map { "user_\($0).db" }))
        for file in files {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    /// Works on the elements, sixteen at a time.
    private func inLanes<Element: Sendable, Result: Sendable>(
        _ elements: [Element], _ work: @escaping @Sendable (Element) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result.self) { group in
            var results: [Result] = []
            for (index, element) in elements.enumerated() {
                if index >= 16, let result = try await group.next() { results.append(result) }
                group.addTask { try await work(element) }
            }
            for try await result in group { results.append(result) }
            return results
        }
    }
}
