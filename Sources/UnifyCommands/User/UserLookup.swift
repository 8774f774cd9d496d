internal import Tenancy
internal import UnifyApp

/// Finds the user that an operator names.
struct UserLookup {
    enum Kind { case id, name, either }

    let text: String
    var kind = Kind.either

    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` if the text is one user's number and another
    ///   one's name, because the command never guesses.
    func find(in system: UnifySystem) async throws -> UserAccount {
        let (byID, byName) = try await system.main.withDatabase(.read) {
            database -> (UserAccount?, UserAccount?) in
            let users = UserRepository(database)
            var byID: UserAccount?
            if kind != .name, let id = UserID(text) { byID = try await users.find(id) }
            guard kind != .id else { return (byID, nil) }
            // Only an address holds an `@`.
            guard text.contains("@") else { return (byID, try await users.find(username: text)) }
            return (byID, try await EmailRepository(database).find(text))
        }
        if let byID, let byName, byID.id != byName.id {
            throw TenancyError(
                .invalidConfiguration,
                "\(text) is the number of \(byID.username) and the name of user \(byName.id). Say which: --id or --name."
            )
        }
        if let found = byID ?? byName { return found }
        throw TenancyError(.userNotFound, "There is no user \(text). List them: unify user list")
    }
}
