public import Tenancy

extension Accounts {
    func secondFactor(of userID: UserID) async throws -> SecondFactor? {
        try await main.withDatabase(.read) { try await SecondFactorRepository($0).find(userID) }
    }

    /// Creates a secret for a user's app. It takes effect when ``confirmSecondFactor(of:code:client:)`` has verified
    /// a code in the same session: an intruder's app must not be confirmed by the user in another one.
    /// - Throws: ``Problem`` `second_factor_on` (409); `invalid_credentials`, `not_signed_in` (401), if password or session
    ///   are no longer good.
    func beginSecondFactor(
        of session: SignedInSession, _ password: CheckedPassword, client: Client
    ) async throws -> SecondFactorSetup {
        let user = session.user
        let bytes = OneTimePassword.randomSecret()
        let date = time.wallNow
        try await main.transaction { [keyRing] database in
            try await requireUnchanged(password, and: session, from: client, in: database, date: date)
            let factors = SecondFactorRepository(database)
            guard try await factors.find(user.id)?.confirmedAt == nil else { throw Problem.secondFactorOn }
            _ = try await factors.delete(user.id)
            let secrets = SealedSecretRepository(database, ring: keyRing)
            let name = SecondFactorRepository.secretName(of: user.id)
            try await secrets.delete(name)
            let secret = StoredFactorSecret(bytes: bytes, sessionHash: session.tokenHash)
            try await secrets.insert(Secret(secret.text), as: name, date: date)
            try await factors.insert(user.id, date: date)
        }
        return try SecondFactorSetup(secret: bytes, username: user.username)
    }

    /// The secret that is being set up in this session; nil if none is.
    func pendingSecondFactor(of session: SignedInSession) async throws -> SecondFactorSetup? {
        let user = session.user
        guard let factor = try await secondFactor(of: user.id), factor.confirmedAt == nil,
            !factor.isAbandoned(at: time.wallNow), case let stored = try await secret(of: user.id),
            stored.isOf(session)
        else { return nil }
        return try SecondFactorSetup(secret: stored.bytes, username: user.username)
    }

    /// Requires a code whenever the user signs in from now on, because their app makes the right ones.
    /// - Returns: the recovery codes, which are shown once.
    /// - Throws: ``Problem`` `second_factor_on` or `second_factor_off` (409), `invalid_code` (401).
    func confirmSecondFactor(of session: SignedInSession, code: String, client: Client) async throws -> [String] {
        let (user, date) = (session.user, time.wallNow)
        guard let factor = try await secondFactor(of: user.id), !factor.isAbandoned(at: date) else {
            throw Problem.secondFactorOff
        }
        guard factor.confirmedAt == nil else { throw Problem.secondFactorOn }
        let stored = try await secret(of: user.id)
        guard stored.isOf(session) else { throw Problem.secondFactorOff }
        let password = OneTimePassword(secret: stored.bytes)
        guard let step = password.step(of: code, at: date, after: factor.lastStep) else { throw Problem.invalidCode }
        let (codes, hashes) = newRecoveryCodes()
        try await change(user.id) { database in
            try await requireSession(session, in: database, date: date)
            let factors = SecondFactorRepository(database)
            // It may have been dropped or begun again since.
            guard try await factors.find(user.id) != nil, try await secret(of: user.id, in: database) == stored else {
                throw Problem.secondFactorOff
            }
            guard try await factors.use(step: step, of: user.id), try await factors.confirm(user.id, date: date) else {
                throw Problem.invalidCode
            }
            try await factors.setRecoveryCodes(hashes, of: user.id)
            try await Self.note(.secondFactorOn, of: user.id, client, in: database, date: date)
        }
        return codes
    }

    /// Puts new recovery codes in the place of those there are.
    /// - Throws: ``Problem`` `second_factor_off` (409); `invalid_credentials`, `not_signed_in` (401), if password, code or
    ///   session are no longer good.
    func renewRecoveryCodes(
        of session: SignedInSession, _ password: CheckedPassword, _ code: CheckedCode, client: Client
    ) async throws -> [String] {
        let (user, date) = (session.user, time.wallNow)
        let (codes, hashes) = newRecoveryCodes()
        try await main.transaction { database in
            try await requireUnchanged(password, and: session, from: client, in: database, date: date)
            let factors = SecondFactorRepository(database)
            guard try await factors.find(user.id)?.confirmedAt != nil else { throw Problem.secondFactorOff }
            try await use(code, of: user, from: client, in: database, date: date)
            try await factors.setRecoveryCodes(hashes, of: user.id)
            try await Self.note(.recoveryCodesRenewed, of: user.id, client, in: database, date: date)
        }
        return codes
    }

    /// Asks for no code any more.
    /// - Throws: as ``renewRecoveryCodes(of:_:_:client:)``.
    func endSecondFactor(
        of session: SignedInSession, _ password: CheckedPassword, _ code: CheckedCode, client: Client
    ) async throws {
        let (user, date) = (session.user, time.wallNow)
        try await change(user.id) { [keyRing] database in
            try await requireUnchanged(password, and: session, from: client, in: database, date: date)
            try await use(code, of: user, from: client, in: database, date: date)
            guard try await Self.dropSecondFactor(of: user.id, in: database, keyRing) else {
                throw Problem.secondFactorOff
            }
            try await Self.note(.secondFactorOff, of: user.id, client, in: database, date: date)
        }
    }

    /// Removes a lost second factor on behalf of the operator or an administrator. The password stays.
    /// - Returns: whether there was one.
    /// - Throws: ``TenancyError`` `userNotFound`; ``Problem`` `admin_required` for an actor who is no administrator.
    @discardableResult
    public func resetSecondFactor(of userID: UserID, actor: UserID? = nil) async throws -> Bool {
        let date = time.wallNow
        return try await change(userID) { [keyRing] database in
            try await Self.requireAdministrator(actor, in: database)
            guard try await UserRepository(database).find(userID) != nil else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            guard try await Self.dropSecondFactor(of: userID, in: database, keyRing) else { return false }
            try await AuditLog(database).append(
                SecurityAction.secondFactorReset.rawValue, actor: actor, userID: userID, date: date)
            return true
        }
    }

    /// Drops a second factor whose setup has begun and not ended: it was begun with a password that is replaced.
    func dropUnconfirmedFactor(of userID: UserID, in database: DatabaseHandle) async throws {
        guard let factor = try await SecondFactorRepository(database).find(userID), factor.confirmedAt == nil else {
            return
        }
        _ = try await Self.dropSecondFactor(of: userID, in: database, keyRing)
    }

    private static func dropSecondFactor(
        of userID: UserID, in database: DatabaseHandle, _ ring: KeyRing
    ) async throws -> Bool {
        try await SealedSecretRepository(database, ring: ring).delete(SecondFactorRepository.secretName(of: userID))
        return try await SecondFactorRepository(database).delete(userID)
    }

    private func newRecoveryCodes() -> (codes: [String], hashes: [String]) {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.random() }
        return (codes, codes.map { RecoveryCode.hash($0, hasher.pepper) })
    }

    private func secret(of userID: UserID) async throws -> StoredFactorSecret {
        try await main.withDatabase(.read) { try await secret(of: userID, in: $0) }
    }

    private func secret(of userID: UserID, in database: DatabaseHandle) async throws -> StoredFactorSecret {
        let name = SecondFactorRepository.secretName(of: userID)
        let secret = try await SealedSecretRepository(database, ring: keyRing).find(name)
        guard let stored = secret.flatMap({ StoredFactorSecret(text: $0.unsafeReveal()) }) else {
            throw TenancyError(
                .unexpectedValue,
                "The secret of user \(userID)'s one-time passwords is gone. Run: unify user reset-second-factor \(userID)",
                userID: userID)
        }
        return stored
    }

    // MARK: Checking

    /// A valid code that has not been used up yet.
    enum CheckedCode: Sendable {
        /// The user needs none.
        case none
        case step(Int64)
        case recoveryCode(hash: String)
    }

    /// - Parameter code: a one-time password or a recovery code; nil if none was given.
    /// - Throws: ``Problem`` `second_factor_required` (401) if a code is needed; `invalid_credentials` if it is
    ///   wrong.
    func check(_ code: String?, of user: UserAccount, from client: Client) async throws -> CheckedCode {
        guard let factor = try await secondFactor(of: user.id), factor.confirmedAt != nil else { return .none }
        guard let code, !code.isEmpty else { throw Problem.secondFactorRequired }
        if RecoveryCode.mayBe(code) { return .recoveryCode(hash: RecoveryCode.hash(code, hasher.pepper)) }
        let password = OneTimePassword(secret: try await secret(of: user.id).bytes)
        let digits = code.filter { !$0.isWhitespace }
        guard let step = password.step(of: digits, at: time.wallNow, after: factor.lastStep) else {
            noteFailure(.secondFactorFailed, name: user.username, from: client)
            throw Problem.invalidCredentials
        }
        return .step(step)
    }

    /// Uses a code up, in the transaction of the action that it is for, so that it is valid for one action only.
    /// - Throws: ``Problem`` `invalid_credentials` if it was used before.
    func use(
        _ code: CheckedCode, of user: UserAccount, from client: Client, in database: DatabaseHandle, date: Timestamp
    ) async throws {
        let factors = SecondFactorRepository(database)
        switch code {
        case .none:
            // Switched on since the check.
            guard try await factors.find(user.id)?.confirmedAt == nil else { throw Problem.secondFactorRequired }
        case .step(let step):
            if try await factors.use(step: step, of: user.id) { return }
            noteFailure(.secondFactorFailed, name: user.username, from: client)
            throw Problem.invalidCredentials
        case .recoveryCode(let hash):
            guard try await factors.use(recoveryCodeHash: hash, of: user.id) else {
                noteFailure(.secondFactorFailed, name: user.username, from: client)
                throw Problem.invalidCredentials
            }
            try await Self.note(.recoveryCodeUsed, of: user.id, client, in: database, date: date)
        }
    }
}
