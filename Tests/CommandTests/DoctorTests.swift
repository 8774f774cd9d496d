import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// Each fault that the doctor knows, made for real.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct DoctorTests {
    private let installation: TestInstallation
    private var folder: TemporaryFolder { installation.folder }
    private var data: String { installation.data }

    init() async throws { installation = try await TestInstallation() }

    private func doctor(
        _ arguments: String..., environment: [String: String] = ["MULTI_TENANT_MODE": "true"]
    ) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(["doctor"] + arguments, folder: folder.path, environment: environment, input: nil)
    }

    private func expectFault(_ code: String, remedy: String, _ result: UnifyProcess.Result) {
        #expect(result.status == 1)
        #expect(result.output.contains("FAULT  \(code)"), "\(result.output)")
        #expect(result.output.contains(remedy), "\(result.output)")
    }

    @Test func aSoundInstallationIsWell() async throws {
        for result in [try await doctor(), try await doctor("1"), try await doctor("ada")] {
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("All is well."))
        }
        let json = try await doctor("--json")
        #expect(json.output.contains("\"ok\" : true"))
    }

    /// Notices, which are no failure.
    @Test func aKeyBesideTheDataAndASuperuserAreMentioned() async throws {
        let found = try await doctor()
        #expect(found.status == 0)
        #expect(found.output.contains("notice root_key_beside_data: "), "\(found.output)")
        #expect(found.output.contains("to mend it: move it elsewhere and set UNIFY_MASTER_KEY_FILE"))
        #expect(found.output.contains("notice running_as_root: ") == (geteuid() == 0), "\(found.output)")
        #expect(
            found.output.contains("to mend it: run it as a user of its own, as deploy/unify.service does")
                == (geteuid() == 0))
        let (key, elsewhere) = ("\(data)/master.key", "\(folder.path)/elsewhere.key")
        let text = try String(contentsOfFile: key, encoding: .utf8)
        try FileManager.default.moveItem(atPath: key, toPath: elsewhere)
        for setting in [
            ["UNIFY_MASTER_KEY_FILE": elsewhere],
            ["UNIFY_MASTER_KEY": text.trimmingCharacters(in: .whitespacesAndNewlines)],
        ] {
            let moved = try await doctor(environment: setting.merging(["MULTI_TENANT_MODE": "true"]) { $1 })
            #expect(moved.status == 0 && !moved.output.contains("root_key_beside_data"), "\(moved.output)")
        }
    }

    @Test func aUserWithoutDatabaseIsFound() async throws {
        #expect(try await UnifyProcess.run("mode", "set", "single", "--yes", folder: folder.path).status == 0)
        try await installation.create("bob", environment: ["MULTI_TENANT_MODE": "false"])
        #expect(try await UnifyProcess.run("mode", "set", "multi-tenant", folder: folder.path).status == 0)
        expectFault("user_database_not_found", remedy: "unify setup init 2", try await doctor())
        #expect(try await UnifyProcess.run("setup", "init", "2", folder: folder.path).status == 0)
        #expect(try await doctor().status == 0)
    }

    @Test func aLostFileIsFoundAndCanBeStartedEmpty() async throws {
        try FileManager.default.removeItem(atPath: "\(data)/users/01/user_1.db")
        expectFault("database_missing", remedy: "unify database repair 1 --start-empty", try await doctor())
        let mended = try await UnifyProcess.run(
            "database", "repair", "1", "--start-empty", "--yes", folder: folder.path)
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(try await doctor("1").status == 0)
        let again = try await UnifyProcess.run("database", "repair", "1", "--start-empty", "--yes", folder: folder.path)
        #expect(again.status == 1, "a database that opens is not replaced")
    }

    @Test func aCorruptFileIsFoundAndSetAside() async throws {
        let path = "\(data)/users/01/user_1.db"
        try Data(repeating: 0x58, count: 9000).write(to: URL(fileURLWithPath: path))
        expectFault("database_corrupt", remedy: "--start-empty", try await doctor())
        #expect(
            try await UnifyProcess.run("database", "repair", "1", "--start-empty", "--yes", folder: folder.path).status
                == 0)
        #expect(try await doctor("1").status == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(data)/users/01")
        #expect(files.contains { $0.hasPrefix("user_1.db.set-aside-") })
    }

    /// Does to a database what the program itself never does.
    private func execute(_ sql: String, in path: String) throws {
        let status = try ChildProcess.run([
            "/usr/bin/env", "python3", "-c",
            "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()", path, sql,
        ])
        #expect(status == 0)
    }

    @Test func aMissingTableIsFoundAndMade() async throws {
        try execute("DROP TABLE Notes", in: "\(data)/users/01/user_1.db")
        expectFault("table_missing", remedy: "unify database repair 1", try await doctor())
        #expect(try await UnifyProcess.run("database", "repair", "1", folder: folder.path).output.contains("Notes"))
        #expect(try await doctor().status == 0)
    }

    @Test(arguments: [
        "UPDATE Audit_Log SET Detail = 'forged'", "UPDATE Audit_Log SET Actor_ID = 7",
        "DELETE FROM Audit_Log WHERE Audit_ID = (SELECT MAX(Audit_ID) FROM Audit_Log)", "DELETE FROM Audit_Chain",
        "UPDATE Audit_Head SET Hash = ''",
        "DELETE FROM Audit_Chain; UPDATE Audit_Head SET Hash = '', Audit_ID = (SELECT MAX(Audit_ID) FROM Audit_Log)",
    ])
    func anAuditLogThatWasChangedIsFound(sql: String) async throws {
        #expect(try await doctor().status == 0)
        for statement in sql.split(separator: ";") { try execute(String(statement), in: "\(data)/main.db") }
        expectFault(
            "audit_log_broken", remedy: "with a backup of the main database, put back what differs", try await doctor())
        expectFault(
            "audit_log_broken", remedy: "with a backup of the main database, put back what differs",
            try await doctor("ada"))
    }

    @Test func aMissingOrWrongKeyIsFound() async throws {
        try FileManager.default.moveItem(atPath: "\(data)/master.key", toPath: "\(data)/old.key")
        expectFault("key_missing", remedy: "master.key", try await doctor())
        let wrong = Data(repeating: 7, count: 32).base64EncodedString()
        let result = try await doctor(environment: ["MULTI_TENANT_MODE": "true", "UNIFY_MASTER_KEY": wrong])
        expectFault("key_wrong", remedy: "UNIFY_MASTER_KEY", result)
        #expect(!result.output.contains(wrong))
        let serve = try await UnifyProcess.run(
            ["serve"], folder: folder.path, environment: ["UNIFY_MASTER_KEY": wrong], input: nil)
        #expect(serve.status == 1)
    }

    @Test func aModeThatHidesDataIsAFault() async throws {
        #expect(try await doctor(environment: [:]).status == 0, "the installation's own mode counts")
        let other = ["MULTI_TENANT_MODE": "false"]
        expectFault("mode_conflict", remedy: "unify mode set single", try await doctor(environment: other))
        #expect(try await UnifyProcess.run("mode", "set", "single", "--yes", folder: folder.path).status == 0)
        expectFault("mode_off", remedy: "unify mode set multi-tenant", try await doctor(environment: [:]))
        try execute(
            """
            INSERT INTO Notes (User_ID, Title, Body, Created_Date, Updated_Date)
            VALUES (1, 'x', 'y', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')
            """, in: "\(data)/main.db")
        #expect(try await UnifyProcess.run("mode", "set", "multi-tenant", "--yes", folder: folder.path).status == 0)
        let result = try await doctor()
        #expect(result.status == 0, "nothing has to be done: \(result.output)")
        #expect(result.output.contains("shared_rows_left") && result.output.contains("unify mode set single"))
        #expect(result.output.contains("1 rows of 1 users"))
    }

    @Test func whatLiesBehindALinkToTheFolderOfUsersIsLookedAt() async throws {
        let elsewhere = "\(folder.path)/elsewhere"
        try FileManager.default.moveItem(atPath: "\(data)/users", toPath: elsewhere)
        try FileManager.default.createSymbolicLink(atPath: "\(data)/users", withDestinationPath: elsewhere)
        #expect(chmod("\(elsewhere)/01/user_1.db", 0o644) == 0)
        expectFault("file_open_to_others", remedy: "chmod go=", try await doctor())
    }

    @Test func filesThatTheServerCannotUseAreFound() async throws {
        let path = "\(data)/users/01/user_1.db"
        #expect(chmod(path, 0o644) == 0)
        expectFault("file_open_to_others", remedy: "chmod go= \(path)", try await doctor())
        #expect(chmod(path, 0o400) == 0)
        expectFault("file_not_usable", remedy: "chmod u=rw \(path)", try await doctor())
        #expect(chmod(path, 0o600) == 0)
        #expect(try await doctor().status == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func filesOfAnotherUserAreFound() async throws {
        let path = "\(data)/users/01/user_1.db"
        #expect(chown(path, 65534, 65534) == 0)
        expectFault("file_of_another_user", remedy: "chown root: \(path)", try await doctor())
    }

    @Test func aDatabaseInTheWrongFolderIsFound() async throws {
        try FileManager.default.copyItem(atPath: "\(data)/users/01/user_1.db", toPath: "\(data)/users/user_1.db")
        expectFault("orphan_file", remedy: "mv \(data)/users/user_1.db", try await doctor())
    }

    @Test func aMissingMainDatabaseIsFound() async throws {
        let empty = ["UNIFY_DATA_DIR": "\(folder.path)/elsewhere", "MULTI_TENANT_MODE": "true"]
        expectFault("database_missing", remedy: "unify setup create-table", try await doctor(environment: empty))
    }

    @Test func aLowDescriptorLimitIsFound() async throws {
        let output = "\(folder.path)/doctor.txt"
        let status = try ChildProcess.run(
            ["/bin/sh", "-c", "ulimit -n 128; exec \"$0\" doctor > \"$1\"", UnifyProcess.programPath, output],
            environment: ["UNIFY_DATA_DIR": data, "MULTI_TENANT_MODE": "true", "PATH": "/usr/bin:/bin"])
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(status == 1)
        #expect(text.contains("FAULT  descriptor_limit_too_low"))
        #expect(text.contains("ulimit -n"))
    }

    @Test func anOrphanFileIsFound() async throws {
        try FileManager.default.createDirectory(atPath: "\(data)/users/63", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: "\(data)/users/63/user_99.db"))
        expectFault("orphan_file", remedy: "mv ", try await doctor())
    }

    /// A user has one database: a file in their place, beside one that is elsewhere, is nobody's.
    @Test(arguments: [
        "DB_Path = 'users/02/user_2.db'",
        "DB_Type = 'postgresql', DB_Path = NULL, DB_Host = '127.0.0.1', DB_Port = 9, DB_Name = 'x', DB_User = 'x'",
    ])
    func aFileBesideTheOneThatAConfigNamesIsAnOrphan(place: String) async throws {
        try execute("UPDATE User_Database_Config SET \(place)", in: "\(data)/main.db")
        let found = try await doctor()
        expectFault("orphan_file", remedy: "mv \(data)/users/01/user_1.db", found)
        #expect(found.output.contains("No config names the file \(data)/users/01/user_1.db"), "\(found.output)")
    }

    private func faults(_ result: UnifyProcess.Result) -> Int {
        result.output.components(separatedBy: "FAULT  ").count - 1
    }

    @Test func eachFaultIsToldOnce() async throws {
        let path = "\(data)/users/01/user_1.db"
        try Data(repeating: 0x58, count: 9000).write(to: URL(fileURLWithPath: path))
        for result in [try await doctor(), try await doctor("ada")] {
            expectFault("database_corrupt", remedy: "--start-empty", result)
            #expect(faults(result) == 1, "\(result.output)")
            #expect(!result.output.contains("Run: unify doctor"))
        }
    }

    @Test func exchangedFilesAreFoundAndExchangedAgain() async throws {
        let made = try await UnifyProcess.run(
            "user", "create", "--username", "bob", "--email", "bob@example.org", "--password-stdin",
            folder: folder.path, input: TestClient.password + "\n")
        #expect(made.status == 0, "\(made.errors)")
        let (one, two) = ("\(data)/users/01/user_1.db", "\(data)/users/02/user_2.db")
        for (from, to) in [(one, one + ".x"), (two, one), (one + ".x", two)] {
            try FileManager.default.moveItem(atPath: from, toPath: to)
        }
        let found = try await doctor()
        expectFault("wrong_database", remedy: "unify database repair 1 --swap-back", found)
        #expect(faults(found) == 2, "\(found.output)")
        let refused = try await UnifyProcess.run(
            "database", "repair", "1", "--start-empty", "--yes", folder: folder.path)
        #expect(refused.status == 1 && refused.errors.contains("--swap-back"), "\(refused.errors)")
        let mended = try await UnifyProcess.run("database", "repair", "1", "--swap-back", folder: folder.path)
        #expect(mended.status == 0, "\(mended.errors)")
        #expect(try await doctor().status == 0)
        let again = try await UnifyProcess.run("database", "repair", "1", "--swap-back", folder: folder.path)
        #expect(again.status == 1)
    }

    /// One user's only file in another's place: the remedy that would set it aside is not offered, since it is refused.
    @Test func anothersOnlyCopyIsMovedBackAsTheDoctorSays() async throws {
        let made = try await UnifyProcess.run(
            "user", "create", "--username", "bob", "--email", "bob@example.org", "--password-stdin",
            folder: folder.path, input: TestClient.password + "\n")
        #expect(made.status == 0, "\(made.errors)")
        let (one, two) = ("\(data)/users/01/user_1.db", "\(data)/users/02/user_2.db")
        try FileManager.default.moveItem(atPath: one, toPath: "\(folder.path)/copy.db")
        try FileManager.default.moveItem(atPath: two, toPath: one)
        let found = try await doctor()
        expectFault("wrong_database", remedy: "mv \(one) \(two)", found)
        #expect(!found.output.contains("database repair 1 --start-empty"), "\(found.output)")
        try FileManager.default.moveItem(atPath: one, toPath: two)
        let next = try await doctor()
        expectFault("database_missing", remedy: "put a copy of the file back at \(one)", next)
        #expect(!next.output.contains("user 2"), "\(next.output)")
        try FileManager.default.moveItem(atPath: "\(folder.path)/copy.db", toPath: one)
        #expect(try await doctor().status == 0)
    }

    @Test func aUserWhoDoesNotExistIsToldOf() async throws {
        expectFault("user_not_found", remedy: "unify user list", try await doctor("9999"))
    }

    @Test func aDefaultEngineWithoutAServerIsFound() async throws {
        let environment = ["MULTI_TENANT_MODE": "true", "UNIFY_DEFAULT_ENGINE": "postgresql"]
        expectFault(
            "no_server_for_new_databases", remedy: "unify server add NAME --engine postgresql",
            try await doctor(environment: environment))
    }
}
