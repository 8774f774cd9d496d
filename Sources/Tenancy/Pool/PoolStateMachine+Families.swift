/// Pools of one database, from before and after changes of where it is served from.
///
/// The newest pool takes the place of the others: they lend nothing more, and what is out of them is revoked. While a lease
/// for writing of a single writer, or an exclusive one, is out of an older pool, the newer one lends nothing.
extension PoolStateMachine {
    struct Family {
        var pools: [Int] = []
        var hold: UInt64?
    }

    /// What its family means for a pool.
    struct Kin: Equatable {
        /// Whether there are other pools, or a hold: whatever ends in this pool may concern them.
        var isWatched = false
        var isHeld = false
        /// Whether any lease of an older pool is out.
        var isOut = false
        /// Whether one that bears no other beside it, or no other writer, is.
        var isBlocked = false
    }

    /// Ends the pools whose place this key takes: to be called before it is asked for a lease.
    package mutating func retire(before key: Key) -> Effects {
        drain(key.family) { $0 != key && !key.isBefore($0) }
    }

    /// Ends a family's pools, all but that of a key.
    package mutating func drain(_ family: Key.Family, except key: Key?) -> Effects { drain(family) { $0 != key } }

    private mutating func drain(_ family: Key.Family, where isMeant: (Key) -> Bool) -> Effects {
        var effects = Effects()
        for pool in families[family]?.pools ?? [] {
            guard case .key(let key) = pools[pool].owner, isMeant(key) else { continue }
            drain(pool, &effects)
        }
        return effects
    }

    /// Whether another pool has taken this key's place.
    func isSuperseded(_ key: Key) -> Bool {
        guard let family = families[key.family] else { return false }
        return family.pools.contains { isPool($0, after: key) }
    }

    private func isPool(_ pool: Int, after key: Key) -> Bool {
        if case .key(let other) = pools[pool].owner { key.isBefore(other) } else { false }
    }

    // MARK: Members

    mutating func joinFamily(_ pool: Int, of key: Key) {
        families[key.family, default: Family()].pools.append(pool)
        updateKin(key.family)
    }

    mutating func leaveFamily(_ pool: Int, of key: Key) {
        families[key.family]?.pools.removeAll { $0 == pool }
        forgetIfUnused(family: key.family)
        updateKin(key.family)
    }

    mutating func forgetIfUnused(family: Key.Family) {
        if let known = families[family], known.pools.isEmpty, known.hold == nil { families[family] = nil }
    }

    // MARK: What one pool means for the others

    /// Writes down what has changed in a family.
    mutating func updateKin(_ family: Key.Family) {
        guard let known = families[family] else { return }
        for pool in known.pools {
            let kin = kin(of: pool, in: known)
            guard kin != pools[pool].kin else { continue }
            pools[pool].kin = kin
            updatePlace(ofPool: pool)
        }
    }

    mutating func updateKin(ofFamilyOf pool: Int) {
        if case .key(let key) = pools[pool].owner { updateKin(key.family) }
    }

    private func kin(of pool: Int, in family: Family) -> Kin {
        var kin = Kin()
        kin.isWatched = family.pools.count > 1 || family.hold != nil
        kin.isHeld = family.hold != nil
        for other in family.pools where other != pool && !isPool(other, afterPool: pool) {
            kin.isOut = kin.isOut || pools[other].outCount > 0
            kin.isBlocked = kin.isBlocked || pools[other].bearsNoOther
        }
        return kin
    }

    private func isPool(_ other: Int, afterPool pool: Int) -> Bool {
        if case .key(let key) = pools[pool].owner { isPool(other, after: key) } else { false }
    }

    /// Tells a hold that no lease of its family is out any more, and the newer pools that a lease of an older one has ended.
    /// - Returns: the pools of the family, if there are others than this one.
    mutating func noteEnd(inFamilyOf pool: Int, _ effects: inout Effects) -> [Int] {
        guard pools[pool].kin.isWatched, case .key(let key) = pools[pool].owner else { return [] }
        if let hold = families[key.family]?.hold, outCount(of: key.family) == 0 {
            effects.quiet.append(Hold(family: key.family, number: hold))
        }
        updateKin(key.family)
        return families[key.family]?.pools ?? []
    }

    func outCount(of family: Key.Family) -> Int {
        families[family]?.pools.reduce(0) { $0 + pools[$1].outCount } ?? 0
    }
}
