import Foundation
import SQLiteEngine
import Tenancy
import Testing
import UnifyApp
import UnifyTesting

/// `unify setup init --all` makes databases for those who have none, costs nobody else anything, and may be stopped at any
/// moment.
@Suite(.timeLimit(.minutes(5))) struct SetupAllTests {
    private let installation: TestInstallation
    private var folder: TemporaryFolder { installation.folder }
    private var data: String { installation.data }

    init() async throws { installation = try await TestInstallation() }

    /// Users without a database, as they are after the time of a shared one.
    private func addUsers(_ count: Int) async throws {
        let main = try await MainDatabase.open(
            SQLiteEngine(), at: .file("\(data)/main.db"), schema: AppSchema.mainDatabase, .migrate)
        try await main.transaction { database in
            for number in 1...count {
                _ = try await UserRepository(database).insert(
                    username: "user\(number)", email: "\(number)@example.org", passwordHash: nil,
                    date: Timestamp(milliseconds: 0))
            }
        }
        await main.close()
    }

    private func initAll(_ more: String...) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            ["setup", "init", "--all"] + more, folder: folder.path, environment: ["MULTI_TENANT_MODE": "true"],
            input: nil)
    }

    private func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(data)/users").filter { $0.contains("user_") }
    }

    @Test func onlyWhoHasNoDatabaseCostsAnything() async throws {
        try await addUsers(20)
        // Whoever has one is not asked for it: it may even be away.
        let (own, away) = ("\(data)/users/01/user_1.db", "\(folder.path)/away")
        try FileManager.default.moveItem(atPath: own, toPath: away)
        let first = try await initAll()
        #expect(first.status == 0 && first.output == "Made 20 databases; 0 failed.\n", "\(first.output)\(first.errors)")
        #expect(try files().count == 20)
        try FileManager.default.moveItem(atPath: "\(data)/users", toPath: "\(folder.path)/all")
        let second = try await initAll("--json")
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.output.contains(#""state":"done","done":0,"failed":0,"skipped":0"#), "\(second.output)")
        #expect(!FileManager.default.fileExists(atPath: own))
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)])
    func itStopsWhereItIsAndGoesOnLater(signal: Int32, status: Int) async throws {
        let count = 150
        try await addUsers(count)
        let session = try TerminalSession(folder: folder)
        try await session.begin()
        try session.type("unify setup init --all\n")
        try await session.expect(" of \(count)")
        if signal == SIGINT { try session.type([0x03]) } else { try session.signal(signal) }
        let stopped = try await session.end()
        #expect(stopped.status == status)
        let told = #/Made (\d+) databases; 0 failed\.\s+unify: Stopped: (\d+) users are left\./#
        let match = try #require(stopped.output.firstMatch(of: told), "\(stopped.output)")
        let (made, left) = (try #require(Int(match.1)), try #require(Int(match.2)))
        #expect(made + left == count && left > 0)
        #expect(stopped.output.contains("To go on: unify setup init --all"))
        // Whatever was begun is whole.
        #expect(try files().count == made + 1 && files().allSatisfy { $0.hasSuffix(".db") })
        let doctor = try await UnifyProcess.run("doctor", folder: folder.path).output
        for code in ["job_left_behind", "leftover_file", "orphan_file", "database_missing", "database_corrupt"] {
            #expect(!doctor.contains(code), "\(code)")
        }
        let rest = try await initAll()
        #expect(
            rest.status == 0 && rest.output == "Made \(left) databases; 0 failed.\n", "\(rest.output)\(rest.errors)")
        #expect(try await UnifyProcess.run("doctor", folder: folder.path).output.contains("All is well."))
    }
}
