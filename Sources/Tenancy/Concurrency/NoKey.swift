/// The key of a line that serves everyone alike.
package enum NoKey: Hashable, Sendable { case none }

extension WaitingLine where Key == NoKey {
    package mutating func join(now: Duration = .zero) -> Ticket { join(.none, now: now) }

    /// Grants to the oldest waiter.
    /// - Returns: nil if nobody waits.
    package mutating func grantFirst(_ value: Value) -> Resumption? { grantFirst(of: .none, value) }
}
