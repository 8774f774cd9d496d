internal import Logging
public import Tenancy

/// The sessions of signed-in users.
extension Accounts {
    /// The session of a token, if it is valid.
    /// - Parameter isUse: false for automatic requests, which do not keep an administrator signed in.
    func session(of token: SessionToken, isUse: Bool = true) async throws -> SignedInSession? {
        token.isForAccess
            ? try await accessSession(tokenHash: token.hash)
            : try await session(tokenHash: token.hash, isUse: isUse)
    }

    /// The same session as it is now; nil if it has ended.
    func current(_ session: SignedInSession) async throws -> SignedInSession? {
        var current =
            session.access == nil
            ? try await self.session(tokenHash: session.tokenHash, isUse: false)
            : try await accessSession(tokenHash: session.tokenHash)
        current?.isFromCookie = session.isFromCookie
        return current
    }

    /// Whether a session or an access has not ended.
    func isValid(_ session: SessionKey) async throws -> Bool {
        session.isForAccess
            ? try await accessSession(tokenHash: session.tokenHash) != nil
            : try await self.session(tokenHash: session.tokenHash, isUse: false) != nil
    }

    private func session(tokenHash hash: String, isUse: Bool) async throws -> SignedInSession? {
        let date = time.wallNow
        let (cached, version) = cache.find(hash)
        if let cached {
            guard cached.expiresAt > date else { return nil }
            if cached.holds(at: date) { return isUse && cached.isUseDue(at: date) ? await used(cached, date) : cached }
            // For an administrator: the cache does not know the session's use in other processes, nor all of it in
            // this one.
        }
        let found = try await main.withDatabase(.read) {
            try await SessionRepository($0).find(tokenHash: hash, date: date)
        }
        guard let found else { return nil }
        cache.keep(found, version: version)
        guard found.holds(at: date) else { return nil }
        return isUse && found.isUseDue(at: date) ? await used(found, date) : found
    }

    /// Writes down that the session is used: an administrator's once a minute, others' once an hour.
    private func used(_ session: SignedInSession, _ date: Timestamp) async -> SignedInSession {
        guard uses.isDue(session, at: date) else { return session }
        do {
            try await main.withDatabase(.write) { try await SessionRepository($0).setUsed(session, date: date) }
            cache.noteUse(of: session, date: date)
        } catch {
            // Another process may have been faster, and on a full disk an administrator is needed all the more.
            logger.debug("the use of a session could not be written down", metadata: ["error": "\(error)"])
        }
        return session
    }

    func signOut(_ session: SignedInSession) async throws {
        try await change(session.user.id) { database in try await SessionRepository(database).delete(session.id) }
    }

    /// A user's valid sessions, newest first, each with its expiry.
    /// - Parameter before: only smaller numbers; nil to start at the newest.
    func sessions(
        of user: UserAccount, before: Int64? = nil, limit: Int = SessionRepository.maxPerUser
    ) async throws -> [(summary: SessionRepository.Summary, end: Timestamp)] {
        let date = time.wallNow
        return try await main.withDatabase(.read) {
            try await SessionRepository($0).list(of: user.id, before: before, limit: limit, date: date)
        }
        .map { session in
            let end = SessionLimits.end(
                createdAt: session.createdAt, expiresAt: session.expiresAt, usedAt: session.usedAt,
                isAdmin: user.isAdmin)
            return (session, end)
        }
        .filter { $0.end > date }
    }

    /// Confirms the password, which allows dangerous actions for a while.
    /// - Parameter code: required if the user has a second factor.
    /// - Throws: ``Problem`` `invalid_credentials`, `second_factor_required`, `not_signed_in` (401).
    func confirm(
        _ session: SignedInSession, password: Secret<String>, code: String?, client: Client
    ) async throws {
        let password = try await verify(password, of: session, from: client)
        let code = try await check(code, of: session.user, from: client)
        let date = time.wallNow
        try await change(session.user.id) { database in
            try await requireUnchanged(password, and: session, from: client, in: database, date: date)
            try await use(code, of: session.user, from: client, in: database, date: date)
            try await SessionRepository(database).setConfirmed(session, date: date)
        }
    }

    /// Ends one session of a user.
    /// - Returns: false if it has already ended, or is another user's.
    @discardableResult
    func endSession(_ id: Int64, of userID: UserID, from client: Client) async throws -> Bool {
        let date = time.wallNow
        let isEnded = try await main.transaction { database in
            guard try await SessionRepository(database).delete(id, of: userID) else { return false }
            try await Self.note(.sessionEnded, of: userID, client, in: database, date: date)
            try await ChangeLog(database).append(userID, date: date)
            return true
        }
        if isEnded { cache.invalidate(.user(userID)) }
        return isEnded
    }

    /// Ends all sessions of a user, by the operator or an administrator.
    /// - Throws: ``TenancyError`` `userNotFound`; ``Problem`` `admin_required` for an actor who is no administrator.
    public func signOutEverywhere(_ userID: UserID, actor: UserID? = nil) async throws {
        let date = time.wallNow
        try await change(userID) { database in
            try await Self.requireAdministrator(actor, in: database)
            guard try await UserRepository(database).find(userID) != nil else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            let ended = try await SessionRepository(database).deleteAll(of: userID)
            let given = try await PendingSignInRepository(database).deleteAll(of: userID)
            guard ended + given > 0 else { return }
            try await AuditLog(database).append(
                SecurityAction.allSessionsEnded.rawValue, actor: actor, userID: userID, date: date)
        }
    }

    /// Ends all sessions of a user but this one.
    func endOtherSessions(than session: SignedInSession, from client: Client) async throws {
        let date = time.wallNow
        try await change(session.user.id) { database in
            try await requireSession(session, in: database, date: date)
            guard try await SessionRepository(database).deleteAll(of: session.user.id, except: session.id) > 0 else {
                return
            }
            try await Self.note(.otherSessionsEnded, of: session.user.id, client, in: database, date: date)
        }
    }
}
