internal import Tenancy

/// Usernames as pages show them.
struct UserNames {
    /// The names of existing users.
    let known: [UserID: String]

    subscript(_ id: UserID) -> String { known[id] ?? "user \(id)" }

    /// The path of a user's page; nil for nobody and for a removed user, who has none.
    func path(of id: UserID?) -> String? {
        guard let id, known[id] != nil else { return nil }
        return ConsoleEnvironment.path(of: id)
    }
}
