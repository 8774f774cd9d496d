import Foundation
import Testing
import UnifyTesting

/// The commands about jobs, without a server and beside one.
@Suite(.timeLimit(.minutes(5))) struct JobCommandTests {
    private let installation: TestInstallation

    init() async throws { installation = try await TestInstallation() }

    private func unify(_ arguments: String...) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            arguments, folder: installation.folder.path, environment: TestInstallation.environment, input: nil)
    }

    private func json(_ arguments: String...) async throws -> [String: Any] {
        let result = try await UnifyProcess.run(
            arguments + ["--json"], folder: installation.folder.path, environment: TestInstallation.environment,
            input: nil)
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    /// Does to the main database what another process might have done.
    private func execute(_ sql: String) throws {
        let script = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2]); d.commit()"
        #expect(
            try ChildProcess.run(["/usr/bin/env", "python3", "-c", script, "\(installation.data)/main.db", sql]) == 0)
    }

    /// Adds a job that nobody has begun: of the next number.
    private func addJob(kind: String) throws {
        try execute(
            """
            INSERT INTO Job (Kind, User_ID, State, Attempts, Created_Date, Updated_Date) VALUES
            ('\(kind)', 1, 'queued', 0, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')
            """)
    }

    @Test func theirCourseIsChangedWithoutAServer() async throws {
        let list = try await json("job", "list", "--kind", "register")
        let made = try #require((list["items"] as? [[String: Any]])?.first)
        #expect((made["requested_by"] as? String)?.hasPrefix("cli:") == true)
        #expect((made["done"] as? Int, made["total"] as? Int) == (4, 4))
        try addJob(kind: "repair")
        let shown = try await unify("job", "show", "2")
        #expect(shown.output.contains("Waiting: Waits until a server has room for it."), "\(shown.output)")
        let paused = try await unify("job", "pause", "2")
        #expect(paused.status == 0 && paused.output.contains("Paused by cli:"), "\(paused.output)\(paused.errors)")
        let again = try await unify("job", "pause", "2")
        #expect(again.status == 1 && again.errors.contains("it is paused"), "\(again.errors)")
        #expect(try await unify("job", "watch", "2").status == 1, "a paused job does not end by itself")
        #expect(try await unify("job", "resume", "2").status == 0)
        let cancelled = try await json("job", "cancel", "2")
        #expect(cancelled["state"] as? String == "cancelled")
        let retried = try await unify("job", "retry", "2")
        #expect(retried.status == 0 && retried.output.contains("is done: 1 of 1"), "\(retried.output)\(retried.errors)")
        let done = try await unify("job", "retry", "2")
        #expect(done.status == 1 && done.errors.contains("it is done"), "\(done.errors)")
        let audit = try await unify("audit", "list", "--action", "job.")
        for action in ["job.pause", "job.resume", "job.cancel", "job.retry"] { #expect(audit.output.contains(action)) }
    }

    @Test func whatIsWrongIsSaid() async throws {
        let missing = try await unify("job", "show", "99")
        #expect(missing.status == 1 && missing.errors.contains("There is no job 99. List them: unify job list"))
        for arguments in [
            ["job", "show", "0"], ["job", "list", "--state", "lost"], ["job", "list", "--kind", "A"], ["job", "pause"],
        ] {
            let result = try await UnifyProcess.run(
                arguments, folder: installation.folder.path, environment: TestInstallation.environment, input: nil)
            #expect(result.status == 64, "\(arguments)")
        }
        let purge = try await unify("job", "cancel", "1")
        #expect(purge.status == 1 && purge.errors.contains("Job 1 cannot be cancelled"), "\(purge.errors)")
    }

    @Test func aServerTakesThemUpWithinASecond() async throws {
        let (server, _) = try await UnifyProcess.serve(folder: installation.folder.path)
        try await server.finishesWhatWasLeft()
        try addJob(kind: "repair")
        let watched = try await unify("job", "watch", "2", "--json")
        #expect(watched.status == 0, "\(watched.errors)")
        let end = try #require(watched.output.split(separator: "\n").last)
        let told = try #require(try JSONSerialization.jsonObject(with: Data(end.utf8)) as? [String: Any])
        #expect(told["event"] as? String == "end" && told["state"] as? String == "done")
        #expect((told["job"] as? Int, told["done"] as? Int, told["failed"] as? Int) == (2, 1, 0))
        server.killHard()
    }
}
