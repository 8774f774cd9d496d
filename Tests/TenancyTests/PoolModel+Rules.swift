internal import Tenancy

/// What must be true after each step.
extension PoolModel {
    /// Connections that are open, being opened or being closed.
    var openCount: Int {
        holders.count + idle.count + closings.count { $0.countsForProcess }
    }

    func openCount(of server: String) -> Int {
        holders.values.count { $0.server == server } + idle.count { $0.server == server }
            + closings.count { $0.countsForServer && $0.server == server }
    }

    private var closings: [Closing] { closing + holders.values.compactMap(\.evicted) }

    /// What must be closed so that a connection to this server can be opened.
    func victim(for server: String?) -> Int? {
        if let server, !hasRoom(server) { return idle.first { $0.server == server }?.resource }
        return openCount < limits.maxConnections ? nil : idle.first?.resource
    }

    private func hasRoom(_ server: String) -> Bool { openCount(of: server) < serverLimits[server] ?? .max }

    // MARK: Who can be served

    /// Those for whom something is there that they could have, at most one of each key, oldest first.
    func servable() -> [Waiter] {
        guard !waiters.isEmpty else { return [] }
        return (Set(waiters.compactMap(\.key)).compactMap(next) + firstReservations()).filter(canOpenOrUse)
            .sorted { $0.ticket < $1.ticket }
    }

    /// The first whom the leases of its own key, and those that wait before it, let in.
    private func next(of key: String) -> Waiter? {
        let out = holders.values.filter { $0.key == key }
        let hasOlder = !older(than: key).isEmpty
        let hasSingleWriter = singleWriterKeys.contains(key.family)
        guard holds[key.family] == nil, !out.contains(where: \.isExclusive), !isBlockedByOlder(key) else { return nil }
        let isWriting = hasSingleWriter && out.contains { $0.access == .write && !$0.isStale }
        let own = waiters.filter { $0.key == key }
        for (index, waiter) in own.enumerated() {
            if waiter.isExclusive { return out.isEmpty && !hasOlder && index == 0 ? waiter : nil }
            if waiter.access == .read || !isWriting { return waiter }
        }
        return nil
    }

    private func older(than key: String) -> [Holder] { holders.values.filter { $0.key?.isBefore(key) == true } }

    /// Whether a lease of an older key is out that bears no other, or no other writer.
    func isBlockedByOlder(_ key: String) -> Bool {
        let hasSingleWriter = singleWriterKeys.contains(key.family)
        return older(than: key).contains { $0.isExclusive || hasSingleWriter && $0.access == .write }
    }

    /// Whether a newer key of the family has a pool.
    func isSuperseded(_ key: String) -> Bool {
        let keys = holders.values.compactMap(\.key) + waiters.compactMap(\.key) + idle.map(\.key)
        return keys.contains { key.isBefore($0) }
    }

    private func firstReservations() -> [Waiter] {
        var first: [String?: Waiter] = [:]
        for waiter in waiters where waiter.key == nil && first[waiter.server] == nil { first[waiter.server] = waiter }
        return Array(first.values)
    }

    private func canOpenOrUse(_ waiter: Waiter) -> Bool {
        if let key = waiter.key {
            guard !idle.contains(where: { $0.key == key }) else { return true }
            guard currentCount(key) < limits.maxPerDatabase else { return false }
        }
        if let server = waiter.server {
            guard hasRoom(server) || idle.contains(where: { $0.server == server }) else { return false }
        }
        return openCount < limits.maxConnections || !idle.isEmpty
    }

    private func currentCount(_ key: String) -> Int { holders.values.count { $0.key == key && !$0.isStale } }

    // MARK: Problems

    func problems(after step: String) -> [String] {
        var found: [String] = []
        func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
            if !condition { found.append(message()) }
        }
        let counts = machine.counts
        expect(openCount <= limits.maxConnections, "\(step): \(openCount) open")
        expect(counts.open == openCount, "\(step): machine counts \(counts.open) open, the model \(openCount)")
        expect(counts.idle == idle.count, "\(step): machine counts \(counts.idle) unused, the model \(idle.count)")
        expect(counts.leased == holders.count, "\(step): machine counts \(counts.leased) leased, not \(holders.count)")
        expect(counts.waiting == waiters.count, "\(step): \(counts.waiting) waiting, the model \(waiters.count)")
        let leased = holders.values.compactMap(\.resource)
        expect(Set(leased).count == leased.count, "\(step): a connection is leased twice")
        for waiter in servable() { expect(false, "\(step): \(waiter.name) waits but could be served") }
        for server in Set(serverLimits.keys) { found += problems(ofServer: server, after: step) }
        let files = waiters.count { $0.server == nil }
        expect(files <= limits.maxWaiting, "\(step): \(files) wait for files")
        let keys = holders.values.compactMap(\.key) + waiters.compactMap(\.key) + idle.map(\.key)
        for key in Set(keys) { found += problems(ofKey: key, after: step) }
        for family in Set(keys.map(\.family) + holds.keys) {
            let isQuiet = holds[family] != nil && !holders.values.contains { $0.key?.family == family }
            expect(
                quiet.contains(family) == isQuiet,
                "\(step): \(family) is \(isQuiet ? "" : "not ")quiet, the machine differs")
        }
        return found
    }

    private func problems(ofServer server: String, after step: String) -> [String] {
        var found: [String] = []
        func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
            if !condition { found.append(message()) }
        }
        let (open, counted) = (openCount(of: server), machine.openCount(ofServer: server))
        let most = max(serverLimits[server] ?? .max, ceilings[server] ?? 0)
        expect(open <= most, "\(step): \(open) open to \(server), which bears \(most)")
        expect(counted == open, "\(step): machine counts \(counted) open to \(server), the model \(open)")
        let (waiting, wait) = (waiters.count { $0.server == server }, machine.waitingCount(ofServer: server))
        expect(wait == waiting, "\(step): machine counts \(wait) waiting for \(server), the model \(waiting)")
        expect(waiting <= limits.maxWaiting, "\(step): \(waiting) wait for \(server)")
        return found
    }

    private func problems(ofKey key: String, after step: String) -> [String] {
        var found: [String] = []
        func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
            if !condition { found.append(message()) }
        }
        let out = holders.values.filter { $0.key == key }
        let own = out.filter { !$0.isStale }
        let idleCount = idle.count { $0.key == key }
        let writerCount = own.count { $0.access == .write }
        expect(!singleWriterKeys.contains(key.family) || writerCount <= 1, "\(step): \(writerCount) writers of \(key)")
        expect(own.count + idleCount <= limits.maxPerDatabase, "\(step): \(own.count + idleCount) open of \(key)")
        expect(idleCount <= limits.poolSize, "\(step): \(idleCount) unused of \(key)")
        expect(
            out.count <= 1 || !out.contains(where: \.isExclusive), "\(step): an exclusive lease of \(key) is not alone")
        return found
    }
}
