import Testing

@testable internal import Tenancy

/// Which leases would wait for their own task.
@Suite struct PoolNestingTests {
    private typealias Machine = PoolStateMachine<String, Int>

    private func machine(poolSize: Int = 4, max: Int = 100) -> PoolStateMachine<String, Int> {
        Machine(limits: PoolLimits(poolSize: poolSize, maxOverflow: 0, maxConnections: max))
    }

    /// Asks for a lease that the machine must grant.
    private func take(
        _ key: String, _ access: Access = .read, exclusively: Bool = false, on server: ServerLimit? = nil,
        of machine: inout PoolStateMachine<String, Int>
    ) throws -> PoolStateMachine<String, Int>.Lease {
        let action = machine.lease(
            key, access: access, hasSingleWriter: server == nil, exclusively: exclusively, on: server)
        guard case .grant(_, let lease) = action else { throw TenancyError(.poolTimeout, "\(action)") }
        _ = machine.opened(1, for: lease)
        return lease
    }

    /// What a lease inside others is told: nil if it is granted or may wait.
    private func isRefused(
        _ key: String, _ access: Access = .read, exclusively: Bool = false, on server: ServerLimit? = nil,
        inside held: [PoolStateMachine<String, Int>.Lease], of machine: PoolStateMachine<String, Int>
    ) -> Bool {
        var machine = machine
        let action = machine.lease(
            key, access: access, hasSingleWriter: server == nil, exclusively: exclusively, on: server, inside: held)
        if case .refuse(.waitsForItself) = action { return true }
        return false
    }

    @Test func aWriterInsideTheWriterWaitsForItselfAndAReaderDoesNot() throws {
        var machine = machine()
        let writer = try take("A", .write, of: &machine)
        #expect(isRefused("A", .write, inside: [writer], of: machine))
        #expect(!isRefused("A", .read, inside: [writer], of: machine))
        #expect(!isRefused("B", .write, inside: [writer], of: machine))
        #expect(!isRefused("A", .write, inside: [], of: machine), "another task may wait")
    }

    @Test func anEndedLeaseIsInNobodysWay() throws {
        var machine = machine()
        let writer = try take("A", .write, of: &machine)
        _ = machine.giveBack(1, of: writer, now: .zero)
        _ = try take("A", .write, of: &machine)
        #expect(!isRefused("A", .write, inside: [writer], of: machine))
    }

    @Test func nothingGoesInsideAnExclusiveLeaseNorAnExclusiveOneInsideAnother() throws {
        var machine = machine()
        let alone = try take("A", exclusively: true, of: &machine)
        #expect(isRefused("A", inside: [alone], of: machine))
        let reader = try take("B", of: &machine)
        #expect(isRefused("B", exclusively: true, inside: [reader], of: machine))
        #expect(!isRefused("B", inside: [reader], of: machine))
    }

    @Test func aNewEpochWaitsForTheTasksOldWriter() throws {
        var machine = machine()
        let writer = try take("A1", .write, of: &machine)
        _ = machine.retire(before: "A2")
        #expect(isRefused("A2", inside: [writer], of: machine))
        let reader = try take("B1", of: &machine)
        _ = machine.retire(before: "B2")
        #expect(!isRefused("B2", inside: [reader], of: machine))
    }

    @Test func allConnectionsOfADatabaseAreTheTasksOwn() throws {
        var machine = machine(poolSize: 2)
        let first = try take("A", of: &machine)
        let second = try take("A", of: &machine)
        #expect(isRefused("A", inside: [first, second], of: machine))
        #expect(!isRefused("A", inside: [first], of: machine), "the other one may come back")
    }

    @Test func allConnectionsOfAServerAreTheTasksOwn() throws {
        var machine = machine()
        let server = ServerLimit("one", maxConnections: 1)
        let lease = try take("A", on: server, of: &machine)
        #expect(isRefused("A", on: server, inside: [lease], of: machine))
        #expect(isRefused("B", on: server, inside: [lease], of: machine))
        #expect(!isRefused("B", inside: [lease], of: machine), "a file needs no share of it")
    }

    @Test func allConnectionsOfTheProcessAreTheTasksOwn() throws {
        var machine = machine(max: 2)
        let first = try take("A", of: &machine)
        let second = try take("B", of: &machine)
        #expect(isRefused("C", inside: [first, second], of: machine))
        #expect(!isRefused("C", inside: [first], of: machine))
        _ = machine.giveBack(1, of: second, now: .zero)
        #expect(!isRefused("C", inside: [first, second], of: machine), "an idle one makes room")
    }
}
