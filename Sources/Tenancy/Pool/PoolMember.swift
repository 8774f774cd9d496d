/// The key of a pool that belongs to a family: pools of one database as it was served before and after a change.
package protocol PoolMember: Hashable, Sendable {
    associatedtype Family: Hashable & Sendable

    var family: Family { get }

    /// Whether the other key, of the same family, has taken the place of this one.
    func isBefore(_ other: Self) -> Bool
}
