internal import Tenancy

/// A pool state machine together with what must be true of it, kept in the plainest way: lists that are searched.
///
/// Every rule that a step breaks is added to ``violations``.
struct PoolModel {
    typealias Machine = PoolStateMachine<String, Int>

    struct Holder {
        let key: String
        let access: Access
        let lease: Machine.Lease
        /// nil while it is being opened.
        var resource: Int?
        var isStale = false
    }

    struct Waiter {
        let name: String
        let ticket: UInt64
        let key: String
        let access: Access
    }

    enum Answer: Equatable {
        case use(Int)
        case opening(evicting: Int?)
        case waiting
        case refused(Machine.Refusal)
    }

    /// What a step caused, by the names of the leases.
    struct Outcome: Equatable {
        var served: [String] = []
        var dismissed: [String] = []
        var closing: [Int] = []
        var revoked: [Int] = []
    }

    let limits: PoolLimits
    let singleWriterKeys: Set<String>
    private(set) var machine: Machine
    private(set) var holders: [String: Holder] = [:]
    private(set) var waiters: [Waiter] = []
    /// Unused connections, the one unused for the longest time first.
    private(set) var idle: [(key: String, resource: Int)] = []
    private(set) var closing: [Int] = []
    private(set) var violations: [String] = []
    private(set) var isShutDown = false
    var now: Duration = .zero
    private var resourceCount = 0

    /// - Parameter limits: what the model holds the machine to.
    /// - Parameter machineLimits: what the machine is told; the same unless a test wants to see a breach.
    init(limits: PoolLimits, machineLimits: PoolLimits? = nil, singleWriterKeys: Set<String> = ["A", "B", "C", "D"]) {
        self.limits = limits
        self.singleWriterKeys = singleWriterKeys
        machine = Machine(limits: machineLimits ?? limits)
    }

    // MARK: Steps

    mutating func ask(_ name: String, _ key: String, _ access: Access = .read) -> Answer {
        defer { check("ask \(name)") }
        switch machine.lease(key, access: access, hasSingleWriter: singleWriterKeys.contains(key)) {
        case .refuse(let refusal): return .refused(refusal)
        case .wait(let ticket):
            waiters.append(Waiter(name: name, ticket: ticket, key: key, access: access))
            return .waiting
        case .grant(let grant, let lease): return hold(name, key, access, grant, lease)
        }
    }

    /// Opens what the lease may open. Does nothing where it has its connection.
    mutating func open(_ name: String) {
        guard let holder = holders[name], holder.resource == nil else { return }
        resourceCount += 1
        let isCurrent = machine.opened(resourceCount, for: holder.lease)
        expect(isCurrent != holder.isStale, "opened says \(isCurrent) of \(name)")
        holders[name]?.resource = resourceCount
        check("open \(name)")
    }

    /// Asks, and opens where that is what was granted.
    mutating func take(_ name: String, _ key: String, _ access: Access = .read) -> Answer {
        let answer = ask(name, key, access)
        open(name)
        return answer
    }

    mutating func failToOpen(_ name: String) -> Outcome {
        guard let holder = holders[name], holder.resource == nil else { return Outcome() }
        holders[name] = nil
        return step("fail to open \(name)") { $0.openingFailed(holder.lease) }
    }

    mutating func giveBack(_ name: String) -> Outcome {
        guard let holder = holders[name], let resource = holder.resource else { return Outcome() }
        holders[name] = nil
        idle.append((holder.key, resource))
        return step("give back \(name)") { [now] in $0.giveBack(resource, of: holder.lease, now: now) }
    }

    mutating func closeInsteadOfGivingBack(_ name: String) -> Outcome {
        guard let holder = holders[name], holder.resource != nil else { return Outcome() }
        holders[name] = nil
        return step("close \(name)") { $0.closedInsteadOfGivenBack(holder.lease) }
    }

    mutating func finishClosing() -> Outcome {
        guard !closing.isEmpty else { return Outcome() }
        let count = closing.count
        closing.removeAll()
        return step("closed \(count)") { $0.closed(count: count) }
    }

    /// Forgets to tell the machine of a closing: a fault for the model to notice.
    mutating func loseClosing() {
        closing.removeAll()
        check("lose closing")
    }

    mutating func cancel(_ name: String) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.name == name }) else { return false }
        let waiter = waiters.remove(at: index)
        let isTaken = machine.cancel(waiter.ticket, key: waiter.key)
        expect(isTaken, "\(name) waits but could not be cancelled")
        check("cancel \(name)")
        return isTaken
    }

    mutating func drain(_ key: String) -> Outcome {
        for name in holders.filter({ $0.value.key == key }).keys { holders[name]?.isStale = true }
        return step("drain \(key)") { $0.drain(key) }
    }

    mutating func expireIdle(before moment: Duration) -> Outcome {
        step("expire") { $0.expireIdle(before: moment) }
    }

    mutating func evictOldest() -> Outcome {
        let oldest = idle.first?.resource
        let outcome = step("evict") { $0.evictOldest() }
        expect(outcome.closing == [oldest].compactMap { $0 }, "evicted \(outcome.closing), oldest is \(oldest ?? 0)")
        return outcome
    }

    mutating func shutDown() -> Outcome {
        isShutDown = true
        return step("shut down") { $0.shutDown() }
    }

    // MARK: Effects

    private mutating func step(_ name: String, _ change: (inout Machine) -> Machine.Effects) -> Outcome {
        let effects = change(&machine)
        var outcome = Outcome()
        outcome.dismissed = effects.dismissed.compactMap { takeWaiter($0)?.name }
        for resource in effects.toClose {
            expect(idle.contains { $0.resource == resource }, "closes \(resource), which is not unused")
            idle.removeAll { $0.resource == resource }
            closing.append(resource)
        }
        outcome.closing = effects.toClose
        outcome.revoked = effects.toRevoke.sorted()
        for (ticket, grant, lease) in effects.granted {
            guard let waiter = takeWaiter(ticket) else { continue }
            expect(
                !waiters.contains { $0.key == waiter.key && $0.access == waiter.access && $0.ticket < ticket },
                "\(waiter.name) was served before its turn")
            _ = hold(waiter.name, waiter.key, waiter.access, grant, lease)
            outcome.served.append(waiter.name)
        }
        check(name)
        return outcome
    }

    private mutating func takeWaiter(_ ticket: UInt64) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.ticket == ticket }) else {
            violations.append("ticket \(ticket) does not wait")
            return nil
        }
        return waiters.remove(at: index)
    }

    private mutating func hold(
        _ name: String, _ key: String, _ access: Access, _ grant: Machine.Grant, _ lease: Machine.Lease
    ) -> Answer {
        switch grant {
        case .use(let resource):
            expect(idle.contains { $0 == (key, resource) }, "\(name) got \(resource), not an unused one of \(key)")
            idle.removeAll { $0.resource == resource }
            holders[name] = Holder(key: key, access: access, lease: lease, resource: resource)
            return .use(resource)
        case .open(let evicted):
            if let evicted {
                expect(idle.first?.resource == evicted, "evicts \(evicted), the oldest is \(idle.first?.resource ?? 0)")
                idle.removeAll { $0.resource == evicted }
            }
            holders[name] = Holder(key: key, access: access, lease: lease, resource: nil)
            return .opening(evicting: evicted)
        }
    }

    // MARK: Rules

    private mutating func expect(_ condition: Bool, _ message: String) {
        if !condition { violations.append(message) }
    }

    private mutating func check(_ step: String) { violations += problems(after: step) }

    private func problems(after step: String) -> [String] {
        var found: [String] = []
        func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
            if !condition { found.append(message()) }
        }
        let openCount = holders.count + idle.count + closing.count
        let counts = machine.counts
        expect(openCount <= limits.maxConnections, "\(step): \(openCount) open")
        expect(counts.open == openCount, "\(step): machine counts \(counts.open) open, the model \(openCount)")
        expect(counts.idle == idle.count, "\(step): machine counts \(counts.idle) unused, the model \(idle.count)")
        expect(counts.waiting == waiters.count, "\(step): \(counts.waiting) waiting, the model \(waiters.count)")
        expect(waiters.count <= limits.maxWaiting, "\(step): \(waiters.count) wait")
        let leased = holders.values.compactMap(\.resource)
        expect(Set(leased).count == leased.count, "\(step): a connection is leased twice")
        for key in Set(holders.values.map(\.key) + waiters.map(\.key) + idle.map(\.key)) {
            found += problems(of: key, after: step)
        }
        return found
    }

    private func problems(of key: String, after step: String) -> [String] {
        var found: [String] = []
        func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
            if !condition { found.append(message()) }
        }
        let own = holders.values.filter { $0.key == key && !$0.isStale }
        let idleCount = idle.filter { $0.key == key }.count
        let writerCount = own.filter { $0.access == .write }.count
        let isSingle = singleWriterKeys.contains(key)
        expect(!isSingle || writerCount <= 1, "\(step): \(writerCount) writers of \(key)")
        expect(own.count + idleCount <= limits.maxPerDatabase, "\(step): \(own.count + idleCount) open of \(key)")
        expect(idleCount <= limits.poolSize, "\(step): \(idleCount) unused of \(key)")
        let hasBudget = holders.count + idle.count + closing.count < limits.maxConnections || !idle.isEmpty
        let canServe = idleCount > 0 || (own.count + idleCount < limits.maxPerDatabase && hasBudget)
        for waiter in waiters where waiter.key == key && canServe {
            let isAdmitted = waiter.access == .read || !isSingle || writerCount == 0
            expect(!isAdmitted, "\(step): \(waiter.name) waits for \(key) but could be served")
        }
        return found
    }
}
