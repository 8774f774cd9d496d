import Foundation
import Testing
import UnifyTesting

/// The remedies that depend on who runs the doctor, followed as it prints them.
@Suite(
    .timeLimit(.minutes(2)), .enabled(if: Nobody.canRun, "only root can run a program as somebody else"))
struct DoctorOwnerRemedyTests {
    /// Whether the owner alone can enter the data directory, as is usual, or others can see the files too.
    @Test(arguments: [0o700, 0o755] as [mode_t]) func itIsRunAsTheOwnerAsPrinted(mode: mode_t) async throws {
        var fixture = try await DoctorFixture()
        fixture.program = try Nobody.program(in: fixture.folder.path)
        #expect(chmod(fixture.data, mode) == 0)
        fixture.wrapper = Nobody.wrapper
        let found = try await fixture.findings()
        #expect(found.last?.code == "not_the_owner")
        #expect(chmod(fixture.data, 0o700) == 0)
        try await fixture.mended("not_the_owner", says: "run it as that user, or as root", wrapper: [])
    }

    @Test func aUserOfItsOwnRunsItAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        fixture.program = try Nobody.program(in: fixture.folder.path)
        try Nobody.ownAll(fixture.folder.path)
        try await fixture.mended(
            "running_as_root", says: "run it as a user of its own", wrapper: Nobody.wrapper)
        // What root can always read and write, another owner cannot.
        #expect(chmod("\(fixture.data)/users/01", 0) == 0)
        try await fixture.follow("folder_unreadable")
        let record = "\(fixture.data)/main-database-witness"
        #expect(chmod(record, 0o400) == 0)
        let seen = fixture
        try await fixture.mended("main_database_record_unwritable", says: "ls -l \(fixture.data)") {
            let changed = try await seen.shell("chmod 600 \(record)")
            #expect(changed.status == 0)
        }
    }
}
