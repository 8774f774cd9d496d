internal import Tenancy

/// Usernames as pages show them.
struct UserNames {
    /// The names of existing users.
    let known: [UserID: String]

    subscript(_ id: UserID) -> String { known[id] ?? "user \(id)" }
}
