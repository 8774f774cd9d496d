import Foundation
import Testing
import UnifyTesting

/// Each remedy that the doctor prints is followed, and the fault is gone then.
@Suite(.timeLimit(.minutes(10))) struct DoctorRemedyTests {
    private let manager = FileManager.default

    @Test func modesAreSetAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        #expect(chmod(fixture.database, 0o644) == 0)
        try await fixture.follow("file_open_to_others")
        #expect(chmod(fixture.database, 0o400) == 0)
        try await fixture.follow("file_not_usable")
        try "UNIFY_METRICS_TOKEN=planted-token-4711\n".write(
            toFile: "\(fixture.folder.path)/.env", atomically: false, encoding: .utf8)
        #expect(chmod("\(fixture.folder.path)/.env", 0o644) == 0)
        try await fixture.follow("settings_open_to_others")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func filesAreGivenBackAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        #expect(chown(fixture.database, 65534, 65534) == 0)
        try await fixture.follow("file_of_another_user")
    }

    @Test func filesInTheWrongPlaceAreMovedAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        try manager.copyItem(atPath: fixture.database, toPath: "\(fixture.data)/users/user_1.db")
        try await fixture.follow("orphan_file") { $0.after("move it away: ") }
        try Data().write(to: URL(fileURLWithPath: "\(fixture.data)/users/01/half.tmp"))
        try await fixture.follow("leftover_file")
    }

    @Test func lostDatabasesAreReplacedAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let startEmpty = { (remedy: String) in remedy.after("without a copy: ") + " --yes" }
        try manager.removeItem(atPath: fixture.database)
        try await fixture.follow("database_missing", startEmpty)
        try Data(repeating: 0x58, count: 9000).write(to: URL(fileURLWithPath: fixture.database))
        try await fixture.follow("database_corrupt", startEmpty)
        try fixture.execute("DROP TABLE Notes", in: fixture.database)
        try await fixture.follow("table_missing")
    }

    @Test func swappedFilesAreExchangedAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.create("bob")
        let two = "\(fixture.data)/users/02/user_2.db"
        for (from, to) in [(fixture.database, two + ".x"), (two, fixture.database), (two + ".x", two)] {
            try manager.moveItem(atPath: from, toPath: to)
        }
        try await fixture.follow("wrong_database")
    }

    @Test func whatLiesInADatabasesPlaceIsMovedAway() async throws {
        let fixture = try await DoctorFixture()
        let copy = "\(fixture.folder.path)/copy.db"
        try manager.moveItem(atPath: fixture.database, toPath: copy)
        try manager.createSymbolicLink(atPath: fixture.database, withDestinationPath: copy)
        try await fixture.mended("database_unreadable", says: "namei -l \(fixture.database)") {
            try manager.removeItem(atPath: fixture.database)
            try manager.moveItem(atPath: copy, toPath: fixture.database)
        }
        let (users, elsewhere) = ("\(fixture.data)/users", "\(fixture.folder.path)/elsewhere")
        try manager.moveItem(atPath: users, toPath: elsewhere)
        try manager.createSymbolicLink(atPath: users, withDestinationPath: "\(fixture.folder.path)/nowhere")
        try await fixture.mended("users_folder_unusable", says: "namei -l \(users)") {
            try manager.removeItem(atPath: users)
            try manager.createSymbolicLink(atPath: users, withDestinationPath: elsewhere)
        }
    }

    @Test func theModeIsSetAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        fixture.environment = ["MULTI_TENANT_MODE": "false"]
        try await fixture.follow("mode_conflict", leaving: ["mode_off"]) { $0.after("or: ") + " --yes" }
        fixture.environment = [:]
        try await fixture.follow("mode_off") { $0.after("again: ") }
        try fixture.execute(
            """
            INSERT INTO Notes (User_ID, Title, Body, Created_Date, Updated_Date)
            VALUES (1, 'x', 'y', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')
            """, in: "\(fixture.data)/main.db")
        try await fixture.follow("shared_rows_left", leaving: ["mode_off"]) { $0.after("again: ") + " --yes" }
    }

    @Test func databasesAreMadeAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        try await fixture.unify("mode", "set", "single", "--yes")
        fixture.environment = [:]
        try await fixture.create("bob")
        try await fixture.unify("mode", "set", "multi-tenant", "--yes")
        try await fixture.follow("user_database_not_found") { $0.before(" (") }
        // A process that ended before it had activated a database, with its job and without.
        let half = "UPDATE User_Database_Config SET State = 'provisioning', Is_Active = 0 WHERE User_ID = 1;"
        try fixture.execute(
            half + """
                INSERT INTO Job (Kind, User_ID, State, Attempts, Created_Date, Updated_Date) VALUES
                ('provision', 1, 'running', 0, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')
                """, in: "\(fixture.data)/main.db")
        try await fixture.follow("job_left_behind") { $0.before(";") }
        try fixture.execute(half, in: "\(fixture.data)/main.db")
        try await fixture.follow("database_not_ready")
    }

    @Test func keysAndSettingsArePutRight() async throws {
        var fixture = try await DoctorFixture()
        let (key, elsewhere) = ("\(fixture.data)/master.key", "\(fixture.folder.path)/elsewhere.key")
        try manager.moveItem(atPath: key, toPath: elsewhere)
        try await fixture.mended("key_missing", says: key) { try manager.copyItem(atPath: elsewhere, toPath: key) }
        #expect(try await fixture.remedy(of: "root_key_beside_data")?.contains("UNIFY_MASTER_KEY_FILE") == true)
        try manager.removeItem(atPath: key)
        try await follow("root_key_beside_data", of: &fixture, set: ["UNIFY_MASTER_KEY_FILE": elsewhere])
        let wrong = Data(repeating: 7, count: 32).base64EncodedString()
        fixture.environment["UNIFY_MASTER_KEY"] = wrong
        try await follow("key_wrong", of: &fixture, set: ["UNIFY_MASTER_KEY": nil])
        fixture.environment["UNIFY_NONSENSE"] = "1"
        try await follow("invalid_configuration", of: &fixture, set: ["UNIFY_NONSENSE": nil])
        fixture.environment["UNIFY_DEFAULT_ENGINE"] = "postgresql"
        try await follow("no_server_for_new_databases", of: &fixture, set: ["UNIFY_DEFAULT_ENGINE": nil])
    }

    /// Sees a finding unless the caller has, changes settings as its remedy says, and sees it gone.
    private func follow(_ code: String, of fixture: inout DoctorFixture, set changes: [String: String?]) async throws {
        if code != "root_key_beside_data" { #expect(try await fixture.remedy(of: code) != nil, "\(code)") }
        for (name, value) in changes { fixture.environment[name] = value }
        let left = try await fixture.remedy(of: code)
        #expect(left == nil, "\(code)")
    }

    @Test func aUserIsLookedUpAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let remedy = try #require(try await fixture.remedy(of: "user_not_found", ["9999"]))
        let listed = try await UnifyProcess.script(remedy, folder: fixture.folder.path)
        #expect(listed.output.contains("ada"))
        #expect(try await fixture.remedy(of: "user_not_found", ["ada"]) == nil)
    }

    /// A soft limit is raised by the program itself, so it is the hard one that is lowered, for one process.
    @Test func theLimitOfOpenFilesIsRaisedAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let script = "(ulimit -n 128; unify doctor); ulimit -n $(ulimit -H -n) && unify doctor"
        let result = try await UnifyProcess.script(script, folder: fixture.folder.path)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.components(separatedBy: "FAULT  descriptor_limit_too_low").count == 2)
        #expect(result.output.contains("ulimit -n 65536"))
    }
}
