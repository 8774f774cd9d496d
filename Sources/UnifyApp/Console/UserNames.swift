internal import Tenancy

/// What pages call users by.
struct UserNames {
    /// The names of those who are there.
    let known: [UserID: String]

    subscript(_ id: UserID) -> String { known[id] ?? "user \(id)" }
}
