internal import Tenancy

extension Accounts {
    /// Lets an administrator read a user's data, at most until the administrator's session ends, and records it in
    /// both logs.
    /// - Throws: ``TenancyError`` `userNotFound`; ``Problem`` `administrators_data`, `admin_required` (403).
    func openAccess(
        to userID: UserID, by session: SignedInSession, reason: String
    ) async throws -> (access: DataAccess, token: SessionToken) {
        let token = SessionToken.randomForAccess()
        let date = time.wallNow
        let access = try await main.transaction { database in
            try await Self.requireAdministrator(session.user.id, in: database)
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

    /// The read-only session of an administrator with a token for reading a user's data, until the access ends.
    func accessSession(tokenHash hash: String) async throws -> SignedInSession? {
        let date = time.wallNow
        return try await main.withDatabase(.read) { database in
            guard let access = try await DataAccessRepository(database).find(tokenHash: hash, date: date),
                let (actor, owner) = try await Self.users(of: access, in: database, date: date)
            else { return nil }
            return SignedInSession(
                id: 0, tokenHash: hash, user: actor, createdAt: access.createdAt, expiresAt: access.expiresAt,
                access: OpenAccess(access, to: owner))
        }
    }

    /// The administrator of an access and the user whose data it reads, while the administrator's session is valid, the
    /// administrator still is one, and the user is active and no administrator. An access that the user has ended is not
    /// asked about.
    private static func users(
        of access: DataAccess, in database: DatabaseHandle, date: Timestamp
    ) async throws -> (actor: UserAccount, owner: UserAccount)? {
        guard let own = try await SessionRepository(database).find(access.sessionID, date: date),
            own.user.id == access.actorID, own.user.isAdmin, own.holds(at: date),
            let user = try await UserRepository(database).find(access.userID), user.isActive, !user.isAdmin
        else { return nil }
        return (own.user, user)
    }

    /// Ends an administrator's access to the user's data; does nothing if it has ended already.
    /// - Throws: ``Problem`` `not_found` if no access has this number.
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

    /// Present and past accesses to a user's data, newest first.
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
                if isOpen { isOpen = try await Self.users(of: access, in: database, date: date) != nil }
                entries.append(DataAccessEntry(access: access, actorName: names[access.actorID], isOpen: isOpen))
            }
            return entries
        }
    }
}
