import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// Power loss takes what was written and not flushed: nothing of an acknowledged write may be among it.
@Suite(
    .tags(.proof), .timeLimit(.minutes(5)), .serialized,
    .enabled(if: Strace.works, "this machine lets nobody trace a process"))
struct PowerLossTests {
    private static let tasksOfEach = 20

    @Test func whatIsAcknowledgedIsFlushed() async throws {
        let answers = try await unflushedAtAnswers(durability: "full")
        // A task is stored in its user's database alone. What the server writes in the main one at the same time, such as
        // the health of a database, is nobody's acknowledged write.
        let unflushed = answers.enumerated().map { number, files in
            number.isMultiple(of: Self.tasksOfEach + 1) ? files : files.filter { !$0.contains("/main.db") }
        }.filter { !$0.isEmpty }
        #expect(unflushed == [], "of \(answers.count) answers")
        Proof.tell("power loss, sqlite", ["acknowledged writes of which all was flushed": answers.count])
    }

    /// The setting that gives this up must be seen to do so, or the test above sees nothing.
    @Test func whatIsNotFlushedIsSeen() async throws {
        let answers = try await unflushedAtAnswers(durability: "normal")
        #expect(answers.flatMap(Array.init).contains { $0.hasSuffix(".db-wal") })
    }

    /// The files with unflushed bytes at each registration and each new task.
    private func unflushedAtAnswers(durability: String) async throws -> [Set<String>] {
        let folder = try TemporaryFolder()
        let trace = "\(folder.path)/trace"
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_DURABILITY": durability],
            wrapper: Strace.watchingFlushes(into: trace))
        defer { process.killHard() }
        for name in ["ada", "bob", "carol"] {
            let (user, _) = try await client.register(name)
            for number in 0..<Self.tasksOfEach {
                #expect(try await user.post("/api/tasks", ["title": "task \(number)"]).status == 201)
            }
        }
        #expect(await process.terminate() == 0)
        let answers = FlushTrace(try await whole(trace)).unflushedAtAnswers
        #expect(answers.count == 3 * (1 + Self.tasksOfEach))
        return answers
    }

    /// With a key that is lost goes every secret that is sealed under it.
    @Test(arguments: ["setup create-table", "key rotate"])
    func aKeyIsFlushedBeforeItTakesItsPlace(command: String) async throws {
        let folder = try TemporaryFolder()
        if command == "key rotate" {
            #expect(try await UnifyProcess.run("setup", "create-table", folder: folder.path).status == 0)
        }
        let trace = "\(folder.path)/trace"
        let strace = Strace.watchingFlushes(into: trace).joined(separator: " ")
        let done = try await UnifyProcess.script("\(strace) \"$program\" \(command)", folder: folder.path)
        #expect(done.status == 0, "\(done.errors)")
        let calls = try await whole(trace).split(separator: "\n")
        let key = "\(folder.path)/data/master.key"
        let place = try #require(
            calls.firstIndex { ($0.contains(" rename") || $0.contains(" link")) && $0.contains("\"\(key)\"") })
        #expect(calls[..<place].contains { $0.contains("fsync(") && $0.contains("<\(key).new-") }, "what is in it")
        #expect(calls[place...].contains { $0.contains("fsync(") && $0.contains("<\(folder.path)/data>") }, "its name")
    }

    /// What strace wrote, when it has written all of it.
    private func whole(_ path: String) async throws -> String {
        var text = ""
        try await eventually("strace ends") {
            text = try String(contentsOfFile: path, encoding: .utf8)
            return text.hasSuffix("+++ exited with 0 +++\n")
        }
        return text
    }
}
