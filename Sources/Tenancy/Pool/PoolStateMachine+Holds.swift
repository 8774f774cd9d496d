/// Holds: new leases of a key wait, while those that are out end.
extension PoolStateMachine {
    /// Keeps new leases of a key waiting, and those that wait already, until ``release(_:)``. They are served in order then.
    ///
    /// A key has one hold at a time.
    package mutating func hold(_ key: Key) -> HoldAction {
        guard !isShuttingDown else { return .refuse(.shuttingDown) }
        let pool = pool(of: key)
        guard pools[pool].hold == nil else { return .refuse(.alreadyHeld) }
        let hold = Hold(pool: pool, number: makeNumber())
        pools[pool].hold = hold.number
        updatePlace(ofPool: pool)
        return .hold(hold, isQuiet: pools[pool].outCount == 0)
    }

    /// Ends a hold. Does nothing if it has ended.
    package mutating func release(_ hold: Hold) -> Effects {
        var effects = Effects()
        guard pools[hold.pool].hold == hold.number else { return effects }
        pools[hold.pool].hold = nil
        updatePlace(ofPool: hold.pool)
        settle(hold.pool, &effects)
        forgetIfUnused(pool: hold.pool)
        return effects
    }
}
