internal import Tenancy

extension Accounts {
    /// Gives an administrator leave to read a user's data, for as long as their session lasts at most, and writes that down
    /// for both logs.
    /// - Throws: ``TenancyError`` `userNotFound`; ``Problem`` `administrators_data` (403).
    func openAccess(
        to userID: UserID, by session: SignedInSession, reason: String
    ) async throws -> (access: DataAccess, token: SessionToken) {
        let token = SessionToken.randomForAccess()
        let date = time.wallNow
        let access = try await main.transaction { database in
            guard let user = try await UserRepository(database).find(userID) else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            guard !user.isAdmin else { throw Problem.administratorsData }
            let access = try await DataAccessRepository(database).insert(
                token, to: userID, by: session, reason: reason, date: date)
            let audit = AuditLog(database)
            try await audit.append(
                AccessRecord.action, actor: session.user.id, userID: userID, detail: AccessRecord(access).text,
                date: date)
            try await audit.append("data.access", actor: session.user.id, userID: userID, detail: reason, date: date)
            return access
        }
        return (access, token)
    }

    /// The session of a token that was given for reading a user's data: in that user's name, for reading alone. It holds
    /// as long as the session of the administrator does, who is one still, and the user is active and has not ended it.
    func accessSession(of token: SessionToken) async throws -> SignedInSession? {
        let hash = token.hash
        let date = time.wallNow
        return try await main.withDatabase(.read) { database in
            guard let access = try await DataAccessRepository(database).find(tokenHash: hash, date: date),
                let own = try await SessionRepository(database).find(access.sessionID, date: date),
                own.user.id == access.actorID, own.user.isAdmin, own.holds(at: date),
                let user = try await UserRepository(database).find(access.userID), user.isActive
            else { return nil }
            return SignedInSession(
                id: 0, tokenHash: hash, user: user, createdAt: access.createdAt, expiresAt: access.expiresAt,
                access: access)
        }
    }

    /// Ends an administrator's leave to read the user's data; one that has ended already is no error.
    /// - Throws: ``Problem`` `not_found` where there never was one of that number.
    func endAccess(_ id: Int64, of userID: UserID) async throws {
        let date = time.wallNow
        try await main.transaction { database in
            let accesses = DataAccessRepository(database)
            guard try await accesses.exists(id, of: userID) else { throw Problem.notFound }
            guard try await accesses.end(id, of: userID, date: date) else { return }
            try await AuditLog(database).append(
                "data.access_ended", actor: userID, userID: userID, detail: "access \(id)", date: date)
        }
    }

    /// Who may read, or might have read, a user's data; newest first.
    func accesses(
        to userID: UserID, before: Int64?, limit: Int
    ) async throws -> [DataAccessEntry] {
        let date = time.wallNow
        return try await main.withDatabase(.read) { database in
            var names: [UserID: String] = [:]
            let accesses = try await DataAccessRepository(database).list(of: userID, before: before, limit: limit)
            for actorID in Set(accesses.map(\.actorID)) {
                names[actorID] = try await UserRepository(database).find(actorID)?.username
            }
            var entries: [DataAccessEntry] = []
            for access in accesses {
                var isOpen = access.endedAt == nil && access.expiresAt > date
                if isOpen { isOpen = try await SessionRepository(database).find(access.sessionID, date: date) != nil }
                entries.append(DataAccessEntry(access: access, actorName: names[access.actorID], isOpen: isOpen))
            }
            return entries
        }
    }
}
