internal import Tenancy
internal import UnifyApp

/// Looks at one user's database.
struct UserDatabaseCheck {
    let system: UnifySystem

    /// - Parameter away: servers found unreachable, each reported once; other databases on them are skipped.
    /// - Returns: faults; for a thorough check also the successes.
    func findings(
        for user: UserAccount, depth: MultiTenantDatabaseManager.TestDepth, away: inout Set<String>
    ) async -> [Finding] {
        let id = user.id.rawValue
        do {
            guard let config = try await system.manager.loadUserDatabaseConfig(user.id) else {
                guard system.settings.isMultiTenant, user.deletedAt == nil else { return [] }
                return [
                    .fault(
                        "user_database_not_found", "There is no database.",
                        remedy: "unify setup init \(id) (for all such users: unify setup init --all)", userID: id)
                ]
            }
            let server = config.host.map { "\(config.engine.rawValue)://\($0):\(config.port ?? 0)" }
            if let server, away.contains(server) { return [] }
            let report = try await system.manager.testUserDatabase(user.id, depth: depth)
            if let server, report.checks.contains(where: { $0.code == .connectionFailed }) { away.insert(server) }
            // For an exchange of files, which user's it is.
            let isWrong = config.path != nil && report.checks.contains { $0.code == .wrongDatabase }
            let displacement = isWrong ? try await system.manager.displacement(of: user.id) : nil
            return report.checks.compactMap { finding(for: $0, user, config, depth, displacement) }
        } catch {
            let remedy = commonRemedy(for: (error as? TenancyError)?.code, user.id)
            return [Doctor.finding("database", error, remedy: remedy)]
        }
    }

    private func finding(
        for check: MultiTenantDatabaseManager.Check, _ user: UserAccount, _ config: UserDatabaseConfig,
        _ depth: MultiTenantDatabaseManager.TestDepth, _ displacement: MultiTenantDatabaseManager.Displacement?
    ) -> Finding? {
        let id = user.id.rawValue
        guard !check.isOK else { return depth == .thorough ? .ok(check.name, check.detail) : nil }
        if check.name == "state" {
            // A state that the operator or the user has requested is no fault.
            guard config.state != .suspended else { return nil }
            let remedy =
                config.state == .provisioning
                ? "unify setup init \(id)"
                : user.deletedAt == nil
                    ? "start the server, which ends what was begun" : "unify user purge \(id) --now --yes"
            return .fault("database_not_ready", check.detail, remedy: remedy, userID: id)
        }
        // A database that is not in use yet may lack its login and tables.
        guard [.active, .suspended].contains(config.state) else { return nil }
        switch displacement {
        case .swapped(let holder):
            return .fault(
                "wrong_database", "\(check.detail) This user's own lies in the place of user \(holder).",
                remedy: "unify database repair \(id) --swap-back", userID: id)
        case .onlyCopy(let owner, let home):
            return .fault(
                "wrong_database", "\(check.detail) It is the only copy of the database of user \(owner).",
                remedy: "stop the server, then: mv \(system.manager.files.absolutePath(config.path ?? "")) \(home)",
                userID: id)
        case .stray, nil: break
        }
        return .fault(
            check.code?.rawValue ?? check.name, check.detail, remedy: remedy(for: check, user.id, config),
            userID: id)
    }

    private func remedy(
        for check: MultiTenantDatabaseManager.Check, _ id: UserID, _ config: UserDatabaseConfig
    ) -> String {
        guard let relative = config.path else { return serverRemedy(for: check, id, config) }
        let path = system.manager.files.absolutePath(relative)
        let startEmpty = "without a copy: unify database repair \(id) --start-empty"
        switch check.code {
        // The existing database may be sound and someone's: do not replace it unseen.
        case .some(.wrongDatabase) where check.cause == .tableMissing:
            return "see what the file at \(path) is, and put this user's own file back there"
        case .some(.databaseMissing): return "put a copy of the file back at \(path); \(startEmpty)"
        case .some(.databaseCorrupt): return "put a sound copy of the file at \(path); \(startEmpty)"
        case .some(.wrongDatabase): return "put this user's own file back at \(path); \(startEmpty)"
        case .some(.databaseUnreadable) where check.detail.contains("symbolic link"):
            return "see where it leads: namei -l \(path)"
        case .some(.databaseUnreadable): return "make it a plain file of the server's user: chmod 600 \(path)"
        case .some(.schemaTooNew):
            return "use the version of Unify that changed it, or put back a copy of \(path) from before"
        case .some(.ioFailure):
            return "look at the disk, and at the system's log (dmesg); once it reads again: unify setup test \(id); "
                + "if the file is damaged then, put a sound copy at \(path)"
        case .some(.connectionFailed) where check.detail.contains("ulimit -n"):
            return "raise the limit of open files (ulimit -n 65536), then: unify setup test \(id)"
        default: return commonRemedy(for: check.code, id)
        }
    }

    private func serverRemedy(
        for check: MultiTenantDatabaseManager.Check, _ id: UserID, _ config: UserDatabaseConfig
    ) -> String {
        let database = config.displayName
        let startEmpty =
            config.isAttached ? "" : "; without a backup: unify database repair \(id) --start-empty"
        switch check.code {
        case .some(.databaseMissing):
            return "restore the database \(database) from a backup of its server\(startEmpty)"
        case .some(.databaseCorrupt):
            return "have the server check the database \(database), or restore it from a backup\(startEmpty)"
        case .some(.wrongDatabase) where check.cause == .tableMissing:
            return
                "as an administrator of the server, see what the database \(database) is, and restore this user's own"
        case .some(.wrongDatabase):
            return "restore this user's own database as \(database) from a backup of its server\(startEmpty)"
        case .some(.databaseUnreadable): return "let the server take writes again: it may be a replica, or read-only"
        case .some(.connectionFailed), .some(.serverUnavailable):
            return "start the database server, or see why it cannot be reached, then: unify setup test \(id)"
        case .some(.loginRefused) where config.isAttached:
            return "let the login \(config.login ?? "") into the database \(database) again, with the password it had"
        case .some(.loginRefused): return "unify database rotate-password \(id)"
        default: return commonRemedy(for: check.code, id)
        }
    }

    private func commonRemedy(for code: TenancyError.Code?, _ id: UserID) -> String {
        switch code {
        case .some(.tableMissing): "unify database repair \(id)"
        case .some(.schemaTooNew): "use the version of Unify that changed it, or restore a copy from before"
        case .some(.ioFailure): "look at the server's disk and log, then: unify setup test \(id)"
        case .some(.busy): "close the program that has it locked, such as sqlite3, then: unify setup test \(id)"
        case .some(.keyMissing): "put back the root key that the message names"
        case .some(.unsealFailed), .some(.unexpectedValue):
            "put back what stood in its row of User_Database_Config, from a backup of the main database"
        default: "unify setup test \(id)"
        }
    }
}
