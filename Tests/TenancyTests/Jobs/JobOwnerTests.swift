import Testing

@testable import Tenancy

@Suite struct JobOwnerTests {
    private let here = JobOwner(host: "web1", process: 10, machine: "m", number: "a")

    @Test func itsTextSaysAllOfIt() {
        let owner = JobOwner.current()
        #expect(JobOwner(text: owner.text) == owner)
        #expect(owner.text.utf16.count <= JobOwner.maxLength)
        #expect(here.description == "web1:10")
        for text in ["", "a/b", "a/x/m/n", "a/1/m", "a/1/m/n/o"] { #expect(JobOwner(text: text) == nil, "\(text)") }
        #expect(JobOwner(host: "a/b c", process: 1, machine: "m", number: "n").host == "abc")
    }

    /// Only a process of the same kernel that does not run any more has certainly ended.
    @Test(arguments: [
        (process: Int32(11), machine: "m", runs: false, hasEnded: true), (11, "m", true, false),
        (11, "other", false, false), (11, "unknown", false, false), (10, "m", false, false),
    ])
    func whoHasCertainlyEnded(process: Int32, machine: String, runs: Bool, hasEnded: Bool) {
        let owner = JobOwner(host: "web1", process: process, machine: machine, number: "b")
        let seen = machine == "unknown" ? JobOwner(host: "web1", process: 10, machine: machine, number: "a") : here
        #expect(owner.hasEnded(seenFrom: seen) { _ in runs } == hasEnded)
    }

    @Test func thisProcessRunsAndOneThatIsGoneDoesNot() {
        let me = JobOwner.current()
        #expect(!JobOwner.current().hasEnded(seenFrom: me))
        // Greater than the kernel gives out.
        let gone = JobOwner(host: me.host, process: 2_000_000_000, machine: me.machine, number: "x")
        #expect(gone.hasEnded(seenFrom: me) == (me.machine != "unknown"))
    }
}
