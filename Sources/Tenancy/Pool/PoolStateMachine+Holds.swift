/// Holds: new leases of a database wait, while those that are out end.
extension PoolStateMachine {
    /// Keeps new leases of a key's whole family waiting, and those that wait already, until ``release(_:)``. They are served
    /// in order then.
    ///
    /// A family has one hold at a time.
    package mutating func hold(_ key: Key) -> HoldAction {
        guard !isShuttingDown else { return .refuse(.shuttingDown) }
        guard families[key.family]?.hold == nil else { return .refuse(.alreadyHeld) }
        let hold = Hold(family: key.family, number: makeNumber())
        families[key.family, default: Family()].hold = hold.number
        updateKin(key.family)
        return .hold(hold, isQuiet: outCount(of: key.family) == 0)
    }

    /// Ends a hold. Does nothing if it has ended.
    package mutating func release(_ hold: Hold) -> Effects {
        var effects = Effects()
        guard families[hold.family]?.hold == hold.number else { return effects }
        families[hold.family]?.hold = nil
        updateKin(hold.family)
        settle(nil, kin: families[hold.family]?.pools ?? [], &effects)
        forgetIfUnused(family: hold.family)
        return effects
    }
}
