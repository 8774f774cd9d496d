internal import Tenancy

extension Accounts {
    /// Gives an administrator leave to read a user's data, and writes that down for both logs.
    /// - Throws: ``TenancyError`` `userNotFound`.
    func openAccess(
        to userID: UserID, by actorID: UserID, reason: String
    ) async throws -> (access: DataAccess, token: SessionToken) {
        let token = SessionToken.randomForAccess()
        let date = time.wallNow
        let access = try await main.transaction { database in
            guard try await UserRepository(database).find(userID) != nil else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            let access = try await DataAccessRepository(database).insert(
                token, to: userID, by: actorID, reason: reason, date: date)
            try await AuditLog(database).append(
                "data.access", actor: actorID, userID: userID, detail: reason, date: date)
            return access
        }
        return (access, token)
    }

    /// The session of a token that was given for reading a user's data: in that user's name, for reading alone. It holds
    /// as long as the administrator is one and the user is active.
    func accessSession(of token: SessionToken) async throws -> SignedInSession? {
        let hash = token.hash
        let date = time.wallNow
        return try await main.withDatabase(.read) { database in
            guard let access = try await DataAccessRepository(database).find(tokenHash: hash, date: date),
                let actor = try await UserRepository(database).find(access.actorID), actor.isAdmin, actor.isActive,
                let user = try await UserRepository(database).find(access.userID), user.isActive
            else { return nil }
            return SignedInSession(
                id: 0, tokenHash: hash, user: user, expiresAt: access.expiresAt, access: access)
        }
    }

    /// Who may read, or might have read, a user's data; newest first.
    func accesses(
        to userID: UserID, before: Int64?, limit: Int
    ) async throws -> [(access: DataAccess, actorName: String?)] {
        try await main.withDatabase(.read) { database in
            var names: [UserID: String] = [:]
            let accesses = try await DataAccessRepository(database).list(of: userID, before: before, limit: limit)
            for actorID in Set(accesses.map(\.actorID)) {
                names[actorID] = try await UserRepository(database).find(actorID)?.username
            }
            return accesses.map { ($0, names[$0.actorID]) }
        }
    }
}
