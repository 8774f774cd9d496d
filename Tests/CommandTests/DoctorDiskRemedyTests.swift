import Foundation
import Testing
import UnifyTesting

/// The remedies for disks, followed as the doctor prints them.
@Suite(.timeLimit(.minutes(5))) struct DoctorDiskRemedyTests {
    @Test(.enabled(if: OwnMounts.areAllowed, "this machine lets nobody mount a small disk for the test"))
    func aNearlyFullDiskIsEmptiedAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        try await fixture.mount(
            """
            cp -a data copy && mount -t tmpfs -o size=260m,mode=700 none data && cp -a copy/. data \
            && fallocate -l 100m data/filler
            """)
        let data = fixture.data
        let seen = fixture
        try await fixture.mended("disk_nearly_full", says: "free space, or move the folder to a larger disk") {
            let free = try await seen.shell("df -h \(data) && rm \(data)/filler")
            #expect(free.status == 0 && free.output.contains("260M"), "\(free.output)\(free.errors)")
        }
    }

    /// Of a disk that leaves less than the reserve, but more than is a fault of its own, 4 GB at least would have to be
    /// filled: so the system is made to answer so.
    @Test(.enabled(if: Strace.works, "this machine lets nobody trace a process"))
    func theReserveOfADiskIsKeptAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        fixture.environment["UNIFY_DISK_RESERVE_MB"] = "400"
        fixture.wrapper = Strace.pretending(megabytes: 100_000, free: 300)
        try await fixture.mended(
            "disk_reserve", says: "lower UNIFY_DISK_RESERVE_MB", setting: ["UNIFY_DISK_RESERVE_MB": "200"])
        fixture.environment["UNIFY_DISK_RESERVE_MB"] = "400"
        try await fixture.mended(
            "disk_reserve", says: "free space", wrapper: Strace.pretending(megabytes: 100_000, free: 500))
    }

    @Test(.enabled(if: Strace.works, "this machine lets nobody trace a process"))
    func aDiskThatDoesNotAnswerIsBroughtBackAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        fixture.wrapper = Strace.tampering("statfs", "error=EIO")
        let remedy = try #require(try await fixture.remedy(of: "disk_unknown"))
        let reason = try await fixture.shell(remedy.after("see why: ").before(", and"))
        #expect(reason.status == 1 && reason.errors.contains("Input/output error"), "\(reason.errors)")
        try await fixture.mended("disk_unknown", says: "bring that disk back", wrapper: [])
    }

    @Test(.enabled(if: Strace.works, "this machine lets nobody trace a process"))
    func aDatabaseIsTestedOnceItsDiskReadsAgain() async throws {
        var fixture = try await DoctorFixture()
        fixture.wrapper = Strace.tampering("pread64", "error=EIO", at: fixture.database)
        let remedy = try #require(try await fixture.remedy(of: "io_failure"))
        let test = remedy.after("reads again: ").before(";")
        let failed = try await fixture.shell(test)
        #expect(failed.status == 1, "\(failed.output)")
        try await fixture.mended("io_failure", says: "put a sound copy at \(fixture.database)", wrapper: [])
        #expect(try await fixture.shell(test).status == 0)
    }
}
