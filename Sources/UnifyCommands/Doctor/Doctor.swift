internal import Foundation
internal import Logging
internal import Tenancy
internal import UnifyApp

/// Checks an installation, layer by layer; if a layer is broken, those above it are skipped.
struct Doctor {
    /// Free disk below which the doctor warns.
    static let minimumFreeBytes: Int64 = 200 * 1024 * 1024
    /// A job that runs for longer was left behind.
    static let jobPatience: Duration = .seconds(60)
    /// How long a main database that was put back is mentioned.
    static let restoredNotice: Duration = .seconds(30 * 86_400)

    let options: SettingsOptions
    let user: String?

    func examine() async -> [Finding] {
        let limit = ProcessLimits.raiseDescriptors()
        var findings = [descriptors(limit)]
        let settings: Settings
        do {
            settings = try options.reader().read(descriptorLimit: limit)
        } catch {
            return findings + [
                Self.finding("settings", error, remedy: "Set it right, or remove it: unify serve --help")
            ]
        }
        // Without a data directory there is no disk to check.
        if FileStatus(settings.dataDirectory) != nil { findings.append(disk(settings)) }
        findings += FileCheck(settings: settings).findings() + UsersFolderCheck(settings: settings).findings()
        do {
            try InstallationOwner.refuseOthers(settings)
        } catch {
            let remedy = "run it as that user, or as root"
            return findings + [.fault("not_the_owner", CommandRunner.message(of: error), remedy: remedy)]
        }
        do {
            let main = try await UnifySystem.openMain(settings, .require)
            await main.close()
            findings.append(.ok("main_database", "The main database opens and has its tables."))
        } catch {
            return findings + [Self.finding("main_database", error, remedy: mainRemedy(for: error, settings))]
        }
        do {
            let system = try await UnifySystem.open(
                settings, mode: .ignore, logger: CommandRunner.quietLogger())
            findings.append(.ok("root_key", "The root key is the main database's."))
            findings += await examine(system)
            await system.close()
        } catch {
            findings.append(unopened(error, settings))
        }
        return findings
    }

    private func examine(_ system: UnifySystem) async -> [Finding] {
        var findings = [await ContextCheck(manager: system.manager).finding()]
        do {
            findings += try await ModeCheck(system: system).findings()
            findings += try await jobs(system)
            findings += try await newDatabases(system)
            findings += try await audit(system)
            findings += try await age(system)
            findings += await record(system)
            findings += try await secrets(system)
            findings += try await encryption(system)
            findings += try await returned(system)
            findings += try await AddressCheck(main: system.main).findings()
            if let user {
                let account = try await UserLookup(text: user).find(in: system)
                var away: Set<String> = []
                findings += await UserDatabaseCheck(system: system).findings(
                    for: account, depth: .thorough, away: &away)
            } else {
                findings += try await allUsers(system)
                let isForeign = findings.contains { $0.code == "main_database_unknown" }
                findings += try await OrphanCheck(system: system, isForeign: isForeign).findings()
            }
        } catch let error as TenancyError where error.code == .userNotFound {
            findings.append(Self.finding("user", error, remedy: "unify user list"))
        } catch {
            let isRow = [.unexpectedValue, .unsealFailed].contains((error as? TenancyError)?.code)
            let remedy =
                isRow
                ? "put back what stood in that row of the main database, from a backup"
                : "see that the main database answers and has free disk, then run the doctor again"
            findings.append(Self.finding("main_database", error, remedy: remedy))
        }
        // A database that waits for its job is that job's fault.
        let waiting = Set(findings.filter { $0.code == "job_left_behind" }.compactMap(\.userID))
        return findings.filter { finding in
            finding.code != "database_not_ready" || finding.userID.map { !waiting.contains($0) } ?? true
        }
    }

    private func mainRemedy(for error: any Error, _ settings: Settings) -> String {
        let path = settings.mainDatabase.path
        switch (error as? TenancyError)?.code {
        case .some(.databaseUnreadable):
            return path.map { "see where it leads and whose it is: namei -l \($0)" }
                ?? "let the server take writes again"
        case .some(.databaseCorrupt): return "restore the main database from a backup"
        case .some(.schemaTooNew):
            return "use the version of Unify that upgraded it, or restore a copy from before the upgrade"
        case .some(.busy):
            return "close the program that has the main database locked, such as sqlite3, then: unify doctor"
        case .some(.ioFailure): return "look at the disk, and at the system's log (dmesg), then: unify doctor"
        case .some(.loginRefused), .some(.connectionFailed), .some(.invalidConfiguration), .some(.serverUnavailable):
            return path == nil
                ? "set UNIFY_MAIN_DATABASE_URL right, or start its server" : "see the message, then: unify doctor"
        case .some(.databaseMissing):
            let lost = LostMainDatabase(settings: settings)
            return lost.trace == nil ? "unify setup create-table" : lost.remedy
        case .some(.schemaTooOld): return "unify setup create-table"
        case .some(.migrationConflict):
            return
                "use the version of Unify that migrated it, or put back what stood in Schema_Migrations, from a backup "
                + "of the main database"
        default: return "see the message, then: unify doctor"
        }
    }

    /// Why a main database that is there cannot be used.
    private func unopened(_ error: any Error, _ settings: Settings) -> Finding {
        if let error = error as? TenancyError, error.code == .ioFailure,
            error.message.contains("main-database-witness")
        {
            return .fault(
                "main_database_record_unwritable", CommandRunner.message(of: error), remedy: Self.recordRemedy(settings)
            )
        }
        // The key is right where a secret does not open, or there would be another code.
        let remedy =
            (error as? TenancyError)?.code == .unsealFailed
            ? "put back what stood in Sealed_Secret and Master_Key, from a backup of the main database"
            : "put the right key into \(settings.masterKeyFile), mode 0600, or into UNIFY_MASTER_KEY"
        return Self.finding("root_key", error, remedy: remedy)
    }

    private static func recordRemedy(_ settings: Settings) -> String {
        "make main-database-witness a file of the server's user, mode 0600, on a disk with free space: "
            + "ls -l \(settings.dataDirectory)"
    }

    // MARK: Machine

    private func descriptors(_ limit: Int) -> Finding {
        guard limit < DescriptorBudget.sensibleLimit else {
            return .ok(
                "descriptors",
                "\(limit) files may be open, enough for \(DescriptorBudget(limit: limit).connections) connections.")
        }
        return .fault(
            "descriptor_limit_too_low", "Only \(limit) files may be open; each open database takes 3.",
            remedy: "ulimit -n 65536 (for systemd: LimitNOFILE=65536), then start the server again")
    }

    private func disk(_ settings: Settings) -> Finding {
        guard let free = FreeDisk.bytes(at: settings.dataDirectory) else {
            return .fault(
                "disk_unknown", "The free space of \(settings.dataDirectory) cannot be read.",
                remedy: "see why: df -h \(settings.dataDirectory), and bring that disk back, then: unify doctor")
        }
        let megabytes = free / 1_048_576
        guard free >= Self.minimumFreeBytes else {
            return .fault(
                "disk_nearly_full", "Only \(megabytes) MB are free for \(settings.dataDirectory).",
                remedy: "free space, or move the folder to a larger disk: df -h \(settings.dataDirectory)")
        }
        guard
            FreeDisk.isRoom(
                for: 0, at: settings.dataDirectory, leaving: settings.storageLimits.diskReserveBytes)
        else {
            return .fault(
                "disk_reserve",
                "Only \(megabytes) MB are free for \(settings.dataDirectory), less than UNIFY_DISK_RESERVE_MB.",
                remedy: "free space, or lower UNIFY_DISK_RESERVE_MB: df -h \(settings.dataDirectory)")
        }
        return .ok("disk", "\(megabytes) MB are free.")
    }

    // MARK: Main database

    private func jobs(_ system: UnifySystem) async throws -> [Finding] {
        let patience = SystemTimeSource().wallNow.adding(.zero - Self.jobPatience)
        let now = SystemTimeSource().wallNow
        let stuck = try await system.main.withDatabase(.read) {
            try await JobRepository($0).list(before: nil, limit: 200)
        }
        .filter { $0.state.isOpen && $0.state != .paused && !$0.isOwned(at: now) && $0.updatedAt < patience }
        return stuck.map { job in
            .fault(
                "job_left_behind", "Job \(job.id) was begun and not ended\(job.error.map { ": \($0)" } ?? ".")",
                remedy: "unify job retry \(job.id); a server that runs ends it by itself", userID: job.userID?.rawValue)
        }
    }

    /// Checks that new users get a database; they are told nothing about servers.
    private func newDatabases(_ system: UnifySystem) async throws -> [Finding] {
        guard system.settings.isMultiTenant, try await !system.manager.hasPlaceForNewDatabases() else { return [] }
        let engine = system.settings.defaultEngine.rawValue
        return [
            .fault(
                "no_server_for_new_databases",
                "Nobody can register: UNIFY_DEFAULT_ENGINE is \(engine), and no \(engine) server takes new databases.",
                remedy: "unify server add NAME --engine \(engine) --host HOST --login LOGIN, or another default engine")
        ]
    }

    private func audit(_ system: UnifySystem) async throws -> [Finding] {
        let found = try await system.manager.verifyAuditLog()
        let old = found.oldFault.map { id in
            Finding.notice(
                "audit_log_was_broken",
                "The audit log had been changed from outside before its chain had a key: entry \(id), or one before it.",
                remedy: "compare it with a backup from before the chain had a key; this notice stays")
        }
        guard let fault = found.firstFault else {
            return [
                .ok(
                    "audit",
                    found.head.isEmpty
                        ? "The audit log is empty."
                        : "The audit log is whole: \(found.entries) entries, the newest with the code \(found.head)."
                )
            ] + (old.map { [$0] } ?? [])
        }
        return [
            .fault(
                "audit_log_broken",
                "The audit log was changed from outside: entry \(fault), or one before it, does not fit the "
                    + "\(found.entries) entries that are whole, what they speak of, or the record beside the main database.",
                remedy:
                    "compare Audit_Log and Audit_Chain with a backup of the main database, put back what differs, and "
                    + "find out who can write the main database")
        ] + (old.map { [$0] } ?? [])
    }

    /// Whether the main database is the one, and in the state, that the record beside it knows.
    private func age(_ system: UnifySystem) async throws -> [Finding] {
        switch try await system.manager.mainDatabaseAge() {
        case .older(let known):
            return [
                .fault(
                    "main_database_older",
                    "The main database is an older copy: it lacks what was there on \(known.rfc3339). Sessions that had "
                        + "ended, old passwords and users who were suspended since are back.",
                    remedy: "start the server, which ends all sessions; then suspend again whom you had suspended")
            ]
        case .foreign:
            return [
                .notice(
                    "main_database_unknown",
                    "The record beside the main database, main-database-witness, is of another main database.",
                    remedy:
                        "make sure that UNIFY_MAIN_DATABASE_URL and UNIFY_DATA_DIR belong together, then start the server"
                )
            ]
        case .unrecorded:
            return [
                .notice(
                    "main_database_record_missing",
                    "main-database-witness is not there, although this main database has been recorded. Whether it is an "
                        + "older copy, or its audit log was cut, cannot be told.",
                    remedy: "put the file back from a backup; if this machine never had it, start the server")
            ]
        case .current:
            let oldest = SystemTimeSource().wallNow.adding(.zero - Self.restoredNotice)
            guard let date = try await system.manager.mainDatabaseRestoredAt(), date > oldest else { return [] }
            return [
                .notice(
                    "main_database_restored",
                    "On \(date.rfc3339) the main database was found to be an older copy, and all sessions were ended.",
                    remedy: "repeat what was changed after the copy was made: suspensions, passwords, administrators; "
                        + "this notice ends after \(Self.restoredNotice.components.seconds / 86_400) days")
            ]
        }
    }

    /// Whether the record beside the main database can be written.
    private func record(_ system: UnifySystem) async -> [Finding] {
        guard let fault = await system.manager.faultOfMainRecord() else { return [] }
        return [
            .fault(
                "main_database_record_unwritable",
                "\(fault) An older copy of the main database that is put back may go unnoticed.",
                remedy: Self.recordRemedy(system.settings))
        ]
    }

    /// Passwords and other secrets that are sealed in the main database.
    private func secrets(_ system: UnifySystem) async throws -> [Finding] {
        let unopened = try await KeyRotation(main: system.main, ring: system.keyRing).status().unopened
        return unopened.prefix(KeyCommand.maxNamed).map { secret in
            .fault(
                "secret_does_not_open", "One of \(unopened.count) secrets that do not open is \(secret)",
                remedy: "put back what stood in its row, or the root key that it names; keep all root keys until then")
        }
    }

    /// Remote servers whose connections could reach an impostor.
    private func encryption(_ system: UnifySystem) async throws -> [Finding] {
        let servers = try await system.manager.serverOverview(after: 0, limit: 10_000).map(\.server)
        var places = servers.filter { $0.tls.isUnverified(for: $0.host) }.map {
            ("The server \($0.name)", $0.tls, "unify server set \($0.name) --tls verify-full")
        }
        let main = system.settings.mainDatabase
        if main.path == nil, main.tls.isUnverified(for: main.host) {
            places.append(("The server of the main database", main.tls, "tls=verify-full in UNIFY_MAIN_DATABASE_URL"))
        }
        return places.map { place, tls, change in
            .notice(
                "server_not_verified",
                "\(place) is on another machine, and TLS is \(tls.mode.rawValue): nothing says that it is the server.",
                remedy: "\(change), with :FILE after it where your own authority signed the server's certificate")
        }
    }

    private func returned(_ system: UnifySystem) async throws -> [Finding] {
        try await system.manager.returnedUsers().map { userID in
            .fault(
                "removed_user_is_back",
                "User \(userID) was removed for good, and came back with a copy of the main database.",
                remedy: "start the server, which removes them again", userID: userID.rawValue)
        }
    }

    // MARK: Users

    private func allUsers(_ system: UnifySystem) async throws -> [Finding] {
        let check = UserDatabaseCheck(system: system)
        var faults: [Finding] = []
        var away: Set<String> = []
        var (count, last) = (0, Int64(0))
        var progress = Progress(
            total: try await system.main.withDatabase(.read) { try await UserRepository($0).count() })
        while true {
            let after = last
            let users = try await system.main.withDatabase(.read) {
                try await UserRepository($0).list(after: after, limit: 500)
            }
            guard let newest = users.last else { break }
            last = newest.id.rawValue
            for user in users {
                faults += await check.findings(for: user, depth: .quick, away: &away)
                count += 1
                try progress.advance()
            }
        }
        progress.finish()
        return faults.isEmpty ? [.ok("users", "\(count) users and their databases are well.")] : faults
    }

    static func finding(_ code: String, _ error: any Error, remedy: String) -> Finding {
        guard let error = error as? TenancyError else { return .fault(code, "It failed: \(error).", remedy: remedy) }
        return .fault(error.code.rawValue, CommandRunner.message(of: error), remedy: remedy)
    }
}
