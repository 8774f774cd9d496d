import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// One user's broken database is that user's trouble alone.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct BrokenDatabaseTests {
    enum Damage: String, CaseIterable, Sendable {
        case missing, empty, garbage, truncated, foreign, folder

        var code: String {
            switch self {
            case .missing: "database_missing"
            case .empty, .foreign: "wrong_database"
            case .garbage, .truncated: "database_corrupt"
            case .folder: "database_unreadable"
            }
        }

        func inflict(on path: String, with other: String) throws {
            let files = FileManager.default
            for suffix in ["-wal", "-shm"] { try? files.removeItem(atPath: path + suffix) }
            let content = try Data(contentsOf: URL(fileURLWithPath: path))
            try files.removeItem(atPath: path)
            let url = URL(fileURLWithPath: path)
            switch self {
            case .missing: break
            case .empty: try Data().write(to: url)
            case .garbage: try Data(repeating: 0x58, count: 8192).write(to: url)
            case .truncated: try content.prefix(5000).write(to: url)
            case .foreign: try files.copyItem(atPath: other, toPath: path)
            case .folder: try files.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
        }
    }

    @Test(arguments: Damage.allCases) func itsUserGets503AndOthersAreServed(damage: Damage) async throws {
        let folder = try TemporaryFolder()
        var (process, client) = try await UnifyProcess.serve(folder: folder.path)
        let (ada, _) = try await client.register("ada")
        let (bob, _) = try await client.register("bob")
        _ = try await ada.post("/api/tasks", ["title": "ada's"])
        _ = try await bob.post("/api/tasks", ["title": "bob's"])
        #expect(await process.terminate() == 0)
        let users = "\(folder.path)/data/users"
        try damage.inflict(on: "\(users)/01/user_1.db", with: "\(users)/02/user_2.db")
        (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        let answer = try await client.with(token: ada.token).get("/api/tasks")
        #expect(answer.status == 503)
        #expect(answer.code == damage.code)
        #expect(answer.header("Retry-After") != nil)
        #expect(!answer.text.contains(folder.path), "no path goes out")
        let others = try await client.with(token: bob.token).get("/api/tasks")
        #expect(others.items.map { $0["title"] as? String } == ["bob's"])
        #expect(process.log.contains(damage.code), "the operator's log says why")
        let doctor = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(doctor.status == 1)
        #expect(doctor.output.contains(damage.code))
    }
}
