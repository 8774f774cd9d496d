import Foundation
import SQLiteEngine
import Tenancy
import Testing
import UnifyApp
import UnifyTesting

/// The remedies for the main database, followed as the doctor prints them.
@Suite(.timeLimit(.minutes(5))) struct DoctorMainDatabaseRemedyTests {
    private let manager = FileManager.default

    @Test func anOlderCopyIsPutInOrderAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.create("bob")
        let copy = "\(fixture.folder.path)/copy.db"
        try manager.copyDatabase(from: fixture.main, to: copy)
        try await fixture.unify("user", "delete", "bob", "--yes")
        try await fixture.unify("user", "purge", "bob", "--now", "--yes")
        try manager.copyDatabase(from: copy, to: fixture.main)
        try await fixture.mended("main_database_older", says: "start the server, which ends all sessions") {
            try await fixture.mended("removed_user_is_back", says: "start the server, which removes them again") {
                let (process, _) = try await UnifyProcess.serve(folder: fixture.folder.path)
                try await process.finishesWhatWasLeft()
                #expect(await process.terminate() == 0)
            }
        }
        try setRestored(daysAgo: 29, in: fixture)
        try await fixture.mended("main_database_restored", says: "this notice ends after 30 days") {
            try await fixture.unify("user", "suspend", "ada")
            try await fixture.unify("user", "resume", "ada")
            try setRestored(daysAgo: 30, in: fixture)
        }
    }

    /// Changes when the record beside the main database says that it was found to be an older copy.
    private func setRestored(daysAgo days: Int, in fixture: DoctorFixture) throws {
        let date = SystemTimeSource().wallNow.adding(.seconds(-86_400 * days)).rfc3339
        let path = "\(fixture.data)/main-database-witness"
        let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n").map { line in
            line.hasSuffix(" restored") ? "\(line.before(" ")) \(date) restored" : line
        }
        try lines.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test func theMainDatabaseIsNamedAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        let other = try TemporaryFolder()
        let made = try await UnifyProcess.run(
            ["setup", "create-table"], folder: other.path,
            environment: ["MULTI_TENANT_MODE": "true", "UNIFY_MASTER_KEY_FILE": "\(fixture.data)/master.key"],
            input: nil)
        #expect(made.status == 0, "\(made.errors)")
        fixture.environment["UNIFY_MAIN_DATABASE_URL"] = "sqlite:\(other.path)/data/main.db"
        // Whoever moved the files away now would take them from their users.
        #expect(try await fixture.remedy(of: "orphan_file")?.hasPrefix("leave it there, see to") == true)
        try await fixture.mended(
            "main_database_unknown", says: "UNIFY_MAIN_DATABASE_URL and UNIFY_DATA_DIR belong together",
            setting: ["UNIFY_MAIN_DATABASE_URL": nil])
    }

    @Test func whatLiesInTheRecordsPlaceIsMovedAwayAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let (record, kept) = ("\(fixture.data)/main-database-witness", "\(fixture.folder.path)/kept")
        try manager.moveItem(atPath: record, toPath: kept)
        try manager.createDirectory(atPath: record, withIntermediateDirectories: false)
        try await fixture.mended("main_database_record_unwritable", says: "a file of the server's user") {
            try manager.removeItem(atPath: record)
            try manager.moveItem(atPath: kept, toPath: record)
        }
    }

    @Test func entriesOfTheAuditLogArePutBackAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let copy = "\(fixture.folder.path)/copy.db"
        try manager.copyDatabase(from: fixture.main, to: copy)
        for sql in [
            "UPDATE Audit_Log SET Detail = 'forged' WHERE Audit_ID = 2", "DELETE FROM Audit_Chain",
            "DELETE FROM Audit_Log WHERE Audit_ID = (SELECT MAX(Audit_ID) FROM Audit_Log)",
        ] {
            try fixture.execute(sql, in: fixture.main)
            try await fixture.mended(
                "audit_log_broken", says: "compare Audit_Log and Audit_Chain with a backup of the main database"
            ) {
                try fixture.putBack(["Audit_Log", "Audit_Chain"], from: copy)
            }
        }
    }

    @Test func secretsArePutBackAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let copy = "\(fixture.folder.path)/copy.db"
        try manager.copyDatabase(from: fixture.main, to: copy)
        try fixture.execute(
            "UPDATE Sealed_Secret SET Sealed = substr(Sealed, 1, length(Sealed) - 4) || 'AAAA'", in: fixture.main)
        try await fixture.mended("unseal_failed", says: "put back what stood in Sealed_Secret") {
            try fixture.putBack(["Sealed_Secret"], from: copy)
        }
    }

    @Test func copiesFromBeforeANewerVersionArePutBackAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let copy = "\(fixture.folder.path)/copy.db"
        try manager.copyDatabase(from: fixture.database, to: copy)
        try fixture.execute("UPDATE Database_Identity SET Schema_Version = Schema_Version + 1", in: fixture.database)
        try await fixture.mended("schema_too_new", says: "put back a copy of \(fixture.database) from before") {
            try manager.copyDatabase(from: copy, to: fixture.database)
        }
        try manager.copyDatabase(from: fixture.main, to: copy)
        try fixture.execute(
            """
            INSERT INTO Schema_Migrations (Component, Version, Name, Checksum, Applied_Date)
            SELECT 'application', MAX(Version) + 1, 'x', 'x', MAX(Applied_Date) FROM Schema_Migrations
            WHERE Component = 'application'
            """,
            in: fixture.main)
        try await fixture.mended("schema_too_new", says: "restore a copy from before the upgrade") {
            try manager.copyDatabase(from: copy, to: fixture.main)
        }
    }

    @Test func theRecordOfMigrationsIsPutBackAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        let copy = "\(fixture.folder.path)/copy.db"
        try manager.copyDatabase(from: fixture.main, to: copy)
        try fixture.execute(
            "UPDATE Schema_Migrations SET Checksum = 'x' WHERE Component = 'library' AND Version = 3", in: fixture.main)
        try await fixture.mended("migration_conflict", says: "put back what stood in Schema_Migrations") {
            try fixture.putBack(["Schema_Migrations"], from: copy)
        }
    }

    @Test func anOlderMainDatabaseIsUpgradedAsPrinted() async throws {
        let fixture = DoctorFixture(folder: try TemporaryFolder())
        let older = try await MainDatabase.open(
            SQLiteEngine(), at: .file(fixture.main),
            schema: Schema(
                library: AppSchema.mainDatabase[.library].dropLast(),
                application: AppSchema.mainDatabase[.application].dropLast()),
            .create)
        await older.close()
        #expect(chmod(fixture.data, 0o700) == 0)
        try await fixture.follow("schema_too_old")
    }

    @Test func aLockIsGivenUpAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        // Each look waits for five seconds.
        fixture.comparesText = false
        let lock = """
            import sqlite3, subprocess, sys
            database = sqlite3.connect(sys.argv[1], isolation_level=None)
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            sys.exit(subprocess.run(sys.argv[2:]).returncode)
            """
        fixture.wrapper = ["/usr/bin/env", "python3", "-c", lock, fixture.main]
        try await fixture.mended("busy", says: "close the program that has the main database locked", wrapper: [])
    }

    @Test func aSharedAddressIsChangedAsPrinted() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.create("bob")
        // As of accounts from before addresses were compared in one form.
        try fixture.execute(
            "UPDATE User_Email SET Normal_Email = 'ada@example.org', Duplicate_ID = 2 WHERE User_ID = 2",
            in: fixture.main)
        try await fixture.follow("address_shared") { $0.replacing("ADDRESS", with: "robert@example.org") }
    }
}
