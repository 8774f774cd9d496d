internal import Tenancy

/// An access that has not ended, with the user whose data it reads. One reference in each session, most of which have none.
final class OpenAccess: Sendable {
    let access: DataAccess
    let owner: UserAccount

    init(_ access: DataAccess, to owner: UserAccount) { (self.access, self.owner) = (access, owner) }
}
