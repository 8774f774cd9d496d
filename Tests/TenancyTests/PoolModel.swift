internal import Tenancy

/// A pool state machine together with what must be true of it, kept in the plainest way: lists that are searched.
///
/// Every rule that a step breaks is added to ``violations``.
struct PoolModel {
    typealias Machine = PoolStateMachine<String, Int>

    struct Holder {
        /// Nil for a reservation.
        let key: String?
        let access: Access
        let isExclusive: Bool
        let server: String?
        let lease: Machine.Lease
        /// nil while it is being opened.
        var resource: Int?
        /// What must be closed before it is opened.
        var evicted: Closing?
        var isStale = false
    }

    struct Waiter {
        let name: String
        let ticket: UInt64
        let key: String?
        let access: Access
        let isExclusive: Bool
        let server: String?
    }

    /// A connection being closed, and the levels that still count it.
    struct Closing {
        let closing: Machine.Closing
        let server: String?
        let countsForServer: Bool
        let countsForProcess: Bool
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
        var quiet: [String] = []
    }

    let limits: PoolLimits
    let singleWriterKeys: Set<String>
    /// What the model holds the machine to; those that are not named have no limit.
    var serverLimits: [String: Int] = [:]
    /// The most connections that a server may have now: more than its limit where that was lowered.
    var ceilings: [String: Int] = [:]
    /// Where a family's connections are opened; those that are not named are files.
    var serverOfKey: [String: String] = [:]
    var machine: Machine
    private(set) var holders: [String: Holder] = [:]
    private(set) var waiters: [Waiter] = []
    /// Unused connections, the one unused for the longest time first.
    private(set) var idle: [(key: String, resource: Int, server: String?)] = []
    private(set) var closing: [Closing] = []
    /// By family, as what is quiet is.
    private(set) var holds: [String: Machine.Hold] = [:]
    /// Holds that were told to be quiet.
    private(set) var quiet: Set<String> = []
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

    func limit(of server: String?) -> ServerLimit? {
        server.map { ServerLimit($0, maxConnections: serverLimits[$0] ?? .max) }
    }

    // MARK: Steps

    mutating func ask(_ name: String, _ key: String, _ access: Access = .read, exclusively: Bool = false) -> Answer {
        defer { check("ask \(name)") }
        let server = serverOfKey[key.family]
        let action = machine.lease(
            key, access: access, hasSingleWriter: singleWriterKeys.contains(key.family), exclusively: exclusively,
            on: limit(of: server))
        return note(
            action,
            Waiter(
                name: name, ticket: 0, key: key, access: access, isExclusive: exclusively, server: server))
    }

    mutating func reserve(_ name: String, on server: String?) -> Answer {
        defer { check("reserve \(name)") }
        return note(
            machine.reserve(on: limit(of: server)),
            Waiter(name: name, ticket: 0, key: nil, access: .read, isExclusive: false, server: server))
    }

    /// - Returns: nil if there is none free.
    mutating func reserveIfFree(_ name: String, on server: String?) -> Answer? {
        defer { check("reserve \(name)") }
        guard let (grant, lease) = machine.reserveIfFree(on: limit(of: server)) else { return nil }
        return hold(
            Waiter(name: name, ticket: .max, key: nil, access: .read, isExclusive: false, server: server), grant, lease)
    }

    private mutating func note(_ action: Machine.LeaseAction, _ asked: Waiter) -> Answer {
        switch action {
        case .refuse(let refusal):
            let isSuperseded = asked.key.map(isSuperseded) ?? false
            expect((refusal == .superseded) == isSuperseded || isShutDown, "\(asked.name) was refused: \(refusal)")
            return .refused(refusal)
        case .wait(let ticket):
            waiters.append(
                Waiter(
                    name: asked.name, ticket: ticket, key: asked.key, access: asked.access,
                    isExclusive: asked.isExclusive, server: asked.server))
            return .waiting
        case .grant(let grant, let lease): return hold(asked, grant, lease)
        }
    }

    /// Opens what the lease may open. Does nothing where it has its connection.
    mutating func open(_ name: String) {
        guard let holder = holders[name], holder.resource == nil else { return }
        _ = closeEvicted(for: name)
        resourceCount += 1
        if holder.key != nil {
            let isCurrent = machine.opened(resourceCount, for: holder.lease)
            expect(isCurrent != holder.isStale, "opened says \(isCurrent) of \(name)")
        }
        holders[name]?.resource = resourceCount
        check("open \(name)")
    }

    /// Closes what the lease was told to close before it opens.
    mutating func closeEvicted(for name: String) -> Outcome {
        guard let evicted = holders[name]?.evicted else { return Outcome() }
        holders[name]?.evicted = nil
        return step("close for \(name)") { $0.closed(evicted.closing) }
    }

    /// Asks, and opens where that is what was granted.
    mutating func take(_ name: String, _ key: String, _ access: Access = .read, exclusively: Bool = false) -> Answer {
        let answer = ask(name, key, access, exclusively: exclusively)
        open(name)
        return answer
    }

    mutating func failToOpen(_ name: String) -> Outcome {
        guard let holder = holders[name], holder.resource == nil else { return Outcome() }
        var outcome = closeEvicted(for: name)
        holders[name] = nil
        outcome.add(step("fail to open \(name)") { $0.openingFailed(holder.lease) })
        return outcome
    }

    /// Gives a connection back; closes that of a reservation.
    mutating func giveBack(_ name: String) -> Outcome {
        guard let holder = holders[name], let resource = holder.resource else { return Outcome() }
        guard let key = holder.key else { return closeInsteadOfGivingBack(name) }
        holders[name] = nil
        idle.append((key, resource, holder.server))
        return step("give back \(name)") { [now] in $0.giveBack(resource, of: holder.lease, now: now) }
    }

    mutating func closeInsteadOfGivingBack(_ name: String) -> Outcome {
        guard let holder = holders[name], holder.resource != nil else { return Outcome() }
        holders[name] = nil
        return step("close \(name)") { $0.closedInsteadOfGivenBack(holder.lease) }
    }

    /// Closes what is to be closed, one after the other.
    mutating func finishClosing(upTo limit: Int = .max) -> Outcome {
        var outcome = Outcome()
        for _ in 0..<min(limit, closing.count) {
            let first = closing.removeFirst()
            outcome.add(step("closed \(first.closing.resource)") { $0.closed(first.closing) })
        }
        return outcome
    }

    /// Forgets to tell the machine of a closing: a fault for the model to notice.
    mutating func loseClosing() {
        closing.removeAll()
        check("lose closing")
    }

    mutating func cancel(_ name: String) -> Bool { cancelling(name) != nil }

    /// - Returns: nil if nobody of that name waits.
    mutating func cancelling(_ name: String) -> Outcome? {
        guard let index = waiters.firstIndex(where: { $0.name == name }) else { return nil }
        let waiter = waiters.remove(at: index)
        let place = waiter.key.map { Machine.Place.key($0) } ?? .reservations(server: waiter.server)
        let effects = machine.cancel([waiter.ticket], at: place)
        expect(effects != nil, "\(name) waits but could not be cancelled")
        return effects.map { effects in step("cancel \(name)") { _ in effects } }
    }

    mutating func drain(_ key: String) -> Outcome {
        for name in holders.filter({ $0.value.key == key }).keys { holders[name]?.isStale = true }
        return step("drain \(key)") { $0.drain(key) }
    }

    /// Ends the older pools of the key's family.
    mutating func retire(before key: String) -> Outcome {
        for (name, holder) in holders where holder.key?.isBefore(key) == true { holders[name]?.isStale = true }
        return step("retire before \(key)") { $0.retire(before: key) }
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

    /// - Returns: whether no lease is out; nil if it is refused.
    mutating func hold(_ key: String) -> Bool? {
        defer { check("hold \(key)") }
        let family = key.family
        guard case .hold(let hold, let isQuiet) = machine.hold(key) else {
            expect(holds[family] != nil || isShutDown, "the hold on \(key) was refused")
            return nil
        }
        expect(holds[family] == nil && !isShutDown, "a second hold on \(key)")
        holds[family] = hold
        if isQuiet { quiet.insert(family) }
        return isQuiet
    }

    mutating func release(_ key: String) -> Outcome {
        guard let hold = holds.removeValue(forKey: key.family) else { return Outcome() }
        quiet.remove(key.family)
        return step("release \(key)") { $0.release(hold) }
    }

    mutating func setLimit(of server: String, to limit: Int) -> Outcome {
        serverLimits[server] = limit
        ceilings[server] = openCount(of: server)
        return step("limit \(server) to \(limit)") { $0.setLimit(ServerLimit(server, maxConnections: limit)) }
    }

    // MARK: Effects

    private mutating func step(_ name: String, _ change: (inout Machine) -> Machine.Effects) -> Outcome {
        let effects = change(&machine)
        var outcome = Outcome()
        outcome.dismissed = effects.dismissed.compactMap { takeWaiter($0)?.name }
        for closing in effects.toClose {
            takeFromIdle(closing.resource, closing: closing, for: nil).map { self.closing.append($0) }
        }
        outcome.closing = effects.toClose.map(\.resource)
        outcome.revoked = effects.toRevoke.sorted()
        for hold in effects.quiet {
            guard let key = holds.first(where: { $0.value == hold })?.key else { continue }
            expect(quiet.insert(key).inserted, "\(key) is quiet twice")
            outcome.quiet.append(key)
        }
        for (ticket, grant, lease) in effects.granted {
            let passed = servable().first { $0.ticket < ticket }
            guard let waiter = takeWaiter(ticket) else { continue }
            if let passed { expect(false, "\(name): \(waiter.name) was served before \(passed.name)") }
            _ = hold(waiter, grant, lease)
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

    /// - Parameter successor: the one that is opened in its place; nil if none is.
    private mutating func takeFromIdle(
        _ resource: Int, closing: Machine.Closing, for successor: Waiter?
    ) -> Closing? {
        guard let index = idle.firstIndex(where: { $0.resource == resource }) else {
            violations.append("closes \(resource), which is not unused")
            return nil
        }
        let server = idle.remove(at: index).server
        guard let successor else {
            return Closing(closing: closing, server: server, countsForServer: true, countsForProcess: true)
        }
        return Closing(
            closing: closing, server: server, countsForServer: server != successor.server, countsForProcess: false)
    }

    private mutating func hold(_ waiter: Waiter, _ grant: Machine.Grant, _ lease: Machine.Lease) -> Answer {
        let name = waiter.name
        if let key = waiter.key, holds[key.family] != nil {
            violations.append("\(name) was served while \(key) is held")
        }
        if let key = waiter.key, isBlockedByOlder(key) {
            violations.append("\(name) was served beside an old writer")
        }
        var holder = Holder(
            key: waiter.key, access: waiter.access, isExclusive: waiter.isExclusive, server: waiter.server,
            lease: lease)
        defer { holders[name] = holder }
        switch grant {
        case .use(let resource):
            let found = idle.first { $0.key == waiter.key && $0.resource == resource }
            expect(found != nil, "\(name) got \(resource), not an unused one of \(waiter.key ?? "")")
            idle.removeAll { $0.resource == resource }
            holder = Holder(
                key: waiter.key, access: waiter.access, isExclusive: waiter.isExclusive, server: found?.server,
                lease: lease, resource: resource)
            return .use(resource)
        case .open(let evicted):
            let oldest = victim(for: waiter.server)
            expect(evicted?.resource == oldest, "\(name) evicts \(evicted?.resource ?? 0), not \(oldest ?? 0)")
            holder.evicted = evicted.flatMap { takeFromIdle($0.resource, closing: $0, for: waiter) }
            return .opening(evicting: evicted?.resource)
        }
    }

    mutating func expect(_ condition: Bool, _ message: String) {
        if !condition { violations.append(message) }
    }

    private mutating func check(_ step: String) {
        violations += problems(after: step)
        for (server, ceiling) in ceilings { ceilings[server] = min(ceiling, openCount(of: server)) }
    }
}

extension PoolModel.Outcome {
    fileprivate mutating func add(_ other: Self) {
        served += other.served
        dismissed += other.dismissed
        closing += other.closing
        revoked += other.revoked
        quiet += other.quiet
    }
}
