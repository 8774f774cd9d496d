/// Repairs for operators.
extension MultiTenantDatabaseManager {
    /// Makes the tables that a user's database lacks; changes no existing table.
    /// - Parameter actor: the administrator who requested it, for the audit log.
    /// - Returns: the names of the new tables.
    /// - Throws: as a lease does if the database cannot be opened.
    public func repairTables(of userID: UserID, actor: UserID? = nil) async throws -> [Identifier] {
        guard let config = try await loadUserDatabaseConfig(userID) else {
            throw TenancyError(
                .userDatabaseNotFound, "User \(userID) has no database. Run: unify setup init \(userID)", userID: userID
            )
        }
        let made = try await locks.withLock(userID) { [self] in
            try await withoutCancellation { [self] in
                let run = try await tableRepair.begin(config, actor: actor)
                return try await jobs.runner.carryOut(run, tableRepair) { [self] in try await tableRepair.repair(run) }
            }
        }
        _ = try await testUserDatabase(userID, depth: .quick)
        return made
    }

    /// Gives a user whose database is lost an empty one. Anything under the old name is set aside, never deleted.
    ///
    /// - Parameter actor: the administrator who requested it, for the audit log.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if the database can be opened, and therefore is not lost.
    @discardableResult
    public func startEmptyUserDatabase(_ userID: UserID, actor: UserID? = nil) async throws -> UserDatabaseConfig {
        try await locks.withLock(userID) { [self] in try await startEmpty(userID, actor: actor) }
    }

    /// - Throws: ``TenancyError`` `invalidConfiguration` if the database can be opened, and therefore is not lost.
    public func requireLostDatabase(of userID: UserID) async throws {
        let report = try await testUserDatabase(userID)
        guard
            let failed = report.checks.first(where: { ["connection", "identity"].contains($0.name) && !$0.isOK })
        else {
            throw TenancyError(
                .invalidConfiguration, "The user's database can be opened; it is not replaced.", userID: userID)
        }
        // With an unreachable server or a missing key, nothing is lost.
        let lost: [TenancyError.Code] = [.databaseMissing, .databaseCorrupt, .wrongDatabase, .databaseUnreadable]
        guard let code = failed.code, lost.contains(code) else {
            throw TenancyError(
                .invalidConfiguration,
                "The user's database is not lost, and is not replaced. It cannot be opened now: \(failed.detail)",
                userID: userID)
        }
        if code == .wrongDatabase { try await requireNobodysOnlyCopy(inPlaceOf: userID) }
    }

    /// What was set aside is removed when its user is purged; another user's database must not go with it.
    private func requireNobodysOnlyCopy(inPlaceOf userID: UserID) async throws {
        guard let other = try await ownerOfOnlyCopy(inPlaceOf: userID) else { return }
        let remedy =
            try await holder(ofFileOf: userID) == nil
            ? "Move it back to \(files.absolutePath(other.path ?? "")) first."
            : "Run: unify database repair \(userID) --swap-back"
        throw TenancyError(
            .invalidConfiguration,
            "The file in the place of user \(userID) is the database of user \(other.userID), and the only copy of it there "
                + "is. It is not set aside. \(remedy)", userID: userID)
    }

    /// The config of the user whose file lies in another user's place and not in their own.
    private func ownerOfOnlyCopy(inPlaceOf userID: UserID) async throws -> UserDatabaseConfig? {
        guard let config = try await loadUserDatabaseConfig(userID), config.path != nil,
            let found = try await stamp(inPlaceOf: config), found.userID != userID,
            let other = try await loadUserDatabaseConfig(found.userID), other.uuid == found.uuid, other.path != nil,
            try await stamp(inPlaceOf: other)?.uuid != other.uuid
        else { return nil }
        return other
    }

    /// Where a wrong database in a user's place comes from.
    public enum Displacement: Sendable {
        /// The user's own file is in this user's place: the files can be swapped back.
        case swapped(with: UserID)
        /// The file in the user's place is the only copy of this user's database. `home` is where it belongs.
        case onlyCopy(of: UserID, home: String)
        /// The file in the user's place is needed by nobody, as far as can be seen.
        case stray
    }

    /// How a wrong database got into a user's place, which decides what can be done about it.
    /// - Returns: nil for a database on a server.
    public func displacement(of userID: UserID) async throws -> Displacement? {
        guard try await loadUserDatabaseConfig(userID)?.path != nil else { return nil }
        if let holder = try await holder(ofFileOf: userID) { return .swapped(with: holder) }
        guard let owner = try await ownerOfOnlyCopy(inPlaceOf: userID) else { return .stray }
        return .onlyCopy(of: owner.userID, home: files.absolutePath(owner.path ?? ""))
    }

    private func startEmpty(_ userID: UserID, actor: UserID?) async throws -> UserDatabaseConfig {
        try await requireLostDatabase(of: userID)
        guard let config = try await loadUserDatabaseConfig(userID) else {
            throw TenancyError(.internalFailure, "The config is gone.", userID: userID)
        }
        let engine = try countedEngines.engine(config.engine)
        guard !config.isAttached else {
            throw TenancyError(
                .invalidConfiguration, "The user's database was attached; its operator must mend it.", userID: userID)
        }
        try await engine.quarantine(try await provisioner.provisioningLocation(of: config))
        let (reserved, run) = try await main.transaction { database in
            try await provisioner.reserveAgain(userID, actor: actor, in: database)
        }
        await apply(.user(userID))
        try await jobs.runner.carryOut(run, MakeDatabase(kind: .provision, provisioner: provisioner)) { [self] in
            try await provisioner.complete(reserved, run) { database in
                try await AuditLog(database).append(
                    "database.start_empty", actor: actor, userID: userID, date: reserved.createdAt)
            }
        }
        await apply(.user(userID))
        guard let fresh = try await loadUserDatabaseConfig(userID) else {
            throw TenancyError(.internalFailure, "The config is gone.", userID: userID)
        }
        return fresh
    }
}
