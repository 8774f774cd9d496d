import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// The bounds of docs/limits.md that only the program as a whole has.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct ProcessBoundTests {
    private let installation: TestInstallation
    private var folder: TemporaryFolder { installation.folder }
    private var data: String { installation.data }

    init() async throws { installation = try await TestInstallation() }

    // MARK: Descriptors

    /// What the doctor says after a shell has set limits.
    private func doctor(after words: String) throws -> String {
        let output = "\(folder.path)/doctor.txt"
        try ChildProcess.run(
            ["/bin/sh", "-c", "\(words) && exec \"$0\" doctor > \"$1\"", UnifyProcess.programPath, output],
            environment: ["UNIFY_DATA_DIR": data, "MULTI_TENANT_MODE": "true", "PATH": "/usr/bin:/bin"])
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    @Test(arguments: [(1023, true), (1024, false)]) func descriptorsThatMakeSense(limit: Int, isFault: Bool) throws {
        let text = try doctor(after: "ulimit -n \(limit)")
        #expect(text.contains("\(limit) files may be open"), "\(text)")
        #expect(text.contains("FAULT  descriptor_limit_too_low") == isFault, "\(text)")
    }

    @Test func theSoftLimitIsRaisedToTheHardOne() throws {
        let text = try doctor(after: "ulimit -S -n 256 && ulimit -H -n 2048")
        #expect(text.contains("2048 files may be open, enough for 512 connections"), "\(text)")
    }

    // MARK: Jobs

    /// Adds jobs to the main database, one after the other.
    /// - Parameter age: how many seconds ago something happened on them.
    private func addJobs(_ count: Int, state: String, age: Int) throws {
        let script = """
            import datetime, sqlite3, sys
            path, count, state, age = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
            now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
            date = now.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (now.microsecond // 1000)
            database = sqlite3.connect(path)
            columns = "Kind, User_ID, State, Attempts, Created_Date, Updated_Date"
            sql = "INSERT INTO Job (" + columns + ") VALUES (?, 1, ?, 0, ?, ?)"
            database.executemany(sql, [("provision", state, date, date)] * count)
            database.commit()
            """
        let status = try ChildProcess.run([
            "/usr/bin/env", "python3", "-c", script, "\(data)/main.db", "\(count)", state, "\(age)",
        ])
        #expect(status == 0)
    }

    private func tellsOfAJob() async throws -> Bool {
        let result = try await UnifyProcess.run("doctor", folder: folder.path)
        return result.output.contains("FAULT  job_left_behind")
    }

    @Test func theAgeOfARunningJob() async throws {
        // The program needs a moment to look.
        try addJobs(1, state: "running", age: 45)
        #expect(try await !tellsOfAJob())
        try addJobs(1, state: "running", age: 60)
        #expect(try await tellsOfAJob())
    }

    @Test func theJobsThatAreLookedAt() async throws {
        try addJobs(1, state: "running", age: 3600)
        try addJobs(199, state: "done", age: 0)
        #expect(try await tellsOfAJob(), "the oldest of 200")
        try addJobs(1, state: "done", age: 0)
        #expect(try await !tellsOfAJob(), "the 201st")
    }

    // MARK: Hashes

    @Test func hashesAtTheSameTime() async throws {
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        let cores = ProcessInfo.processInfo.activeProcessorCount
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<min(200, 8 * cores) {
                let login = ["username": "nobody-\(number)", "password": "wrong password"]
                group.addTask { try await client.post("/api/login", login).status }
            }
            for try await status in group { #expect(status == 401) }
        }
        // They are started as they are needed, and kept.
        let threads = try process.threadNames().filter { $0 == "argon2id" }
        #expect(threads.count == max(1, cores - 1))
    }
}

extension UnifyProcess {
    /// The names of the running process's threads.
    fileprivate func threadNames() throws -> [String] {
        // `/proc/<number>/root`
        let process = ownView(of: "").split(separator: "/").dropLast().joined(separator: "/")
        let folder = "/\(process)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder).map {
            try String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
        }
    }
}
