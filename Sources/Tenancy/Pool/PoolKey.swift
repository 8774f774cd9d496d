/// What a pool holds connections to.
package enum PoolKey: PoolMember {
    case main
    case placement(Placement)

    /// The copy of a user's database that is served as of one epoch. Whatever changes where it is served from, or who may
    /// use it, raises the epoch.
    package struct Placement: Hashable, Sendable {
        package let database: DatabaseID
        package let epoch: Int64
        /// Whose database it is. It follows from the database, so it is not compared: changes are told by user.
        package let owner: UserID

        package init(_ database: DatabaseID, epoch: Int64, owner: UserID) {
            self.database = database
            self.epoch = epoch
            self.owner = owner
        }

        package static func == (left: Placement, right: Placement) -> Bool {
            left.database == right.database && left.epoch == right.epoch
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(database)
            hasher.combine(epoch)
        }
    }

    /// The owner's pools; nil for those of the main database.
    package typealias Family = UserID?

    package var family: UserID? {
        if case .placement(let placement) = self { placement.owner } else { nil }
    }

    package func isBefore(_ other: PoolKey) -> Bool {
        guard case .placement(let own) = self, case .placement(let others) = other else { return false }
        return own.database == others.database && own.epoch < others.epoch
    }
}
