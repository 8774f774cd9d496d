internal import Foundation
internal import Synchronization
internal import Tenancy

extension IsolationOracle {
    /// Events during reads and writes.
    public enum Disturbance: String, Sendable, CaseIterable {
        case undone = "transaction undone"
        case cancelled = "cancelled in mid-query"
        case evicted = "connection evicted"
        case suspended = "user suspended"
        case resumed = "user resumed"
        case epochMoved = "epoch moved"
        case registered = "user registered"
        case removed = "user removed"
        /// Only if databases have logins.
        case passwordChanged = "password changed"
        case reopened = "closed and opened again"
    }

    private struct Undone: Error {}

    /// - Parameter pause: how long to wait before a query is cancelled.
    /// - Returns: whether it was completed.
    func disturb(
        by disturbance: Disturbance, _ user: UserID, _ name: String, _ pause: Duration, _ turn: Turn, _ ledger: Ledger
    ) async throws -> Bool {
        let manager = turn.system.manager
        switch disturbance {
        case .undone: return try await writeAndUndo("\(user)\(Ledger.undoneMark)\(name)", user, turn)
        case .cancelled: return try await cancelQuery(of: user, after: pause, turn, ledger)
        case .evicted:
            guard manager.poolReport.now.idle > 0 else { return false }
            await manager.evictOldest()
        case .suspended: try await manager.suspendUser(user)
        case .resumed: try await manager.resumeUser(user)
        case .epochMoved:
            if user == wanderer { try await move(user, turn, ledger) } else { try await moveEpoch(of: user, turn) }
        case .registered: await ledger.add(try await turn.system.addUser("new\(name)").id)
        case .removed: return try await remove(user, turn, ledger)
        case .passwordChanged:
            guard try await manager.loadUserDatabaseConfig(user)?.login != nil else { return false }
            try await manager.rotatePassword(of: user)
        case .reopened: return try await closeAndOpen(turn, ledger)
        }
        return true
    }

    private func writeAndUndo(_ title: String, _ user: UserID, _ turn: Turn) async throws -> Bool {
        do {
            try await turn.system.manager.withUserDatabase(user) { database in
                try await database.transaction { database in
                    try await database.execute("INSERT INTO Tasks (Title) VALUES (?)", [.text(title)])
                    throw Undone()
                }
            }
            return false
        } catch is Undone {
            return true
        }
    }

    /// Starts a query that takes long given enough rows, and cancels it at some point.
    /// - Returns: whether it had begun and was stopped.
    private func cancelQuery(
        of user: UserID, after pause: Duration, _ turn: Turn, _ ledger: Ledger
    ) async throws -> Bool {
        let hasBegun = Atomic(false)
        let query = Task {
            try await turn.system.manager.withUserDatabase(user, .read) { database in
                let sql =
                    "SELECT A.Title FROM Tasks A, Tasks B, Tasks C, Tasks D "
                    + "ORDER BY A.Title \(database.dialect.limitClause)"
                hasBegun.store(true, ordering: .releasing)
                return try await database.fetchAll(sql, [5000]).map { try $0.text("Title") }
            }
        }
        try await Task.sleep(for: pause)
        query.cancel()
        do {
            await ledger.check(Array(Set(try await query.value)), of: user, holding: [])
            return false
        } catch let error as TenancyError where error.code == .cancelled {
            return hasBegun.load(ordering: .acquiring)
        }
    }

    /// Simulates another process that moves the database: older connections must end.
    private func moveEpoch(of user: UserID, _ turn: Turn) async throws {
        try await turn.system.main.transaction {
            _ = try await $0.execute(
                "UPDATE User_Database_Config SET Epoch = Epoch + 1 WHERE User_ID = ?", [.integer(user.rawValue)])
        }
        await turn.system.manager.apply(.user(user))
    }

    /// Moves a user's database, and puts a row into the old copy that nobody may see. Reads before and after, so that
    /// there is a connection that could wrongly be kept.
    private func move(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws {
        let (system, manager) = (turn.system, turn.system.manager)
        guard await ledger.beginMoving() else { return }
        do {
            try await read(user, turn, ledger)
            guard let old = try await manager.location(of: user).path,
                let config = try await manager.loadUserDatabaseConfig(user)
            else { return await ledger.endMoving() }
            let relative = "users/wanderer-\(user)-\(config.epoch).db"
            // Left by a failed move; usually there is none.
            try? FileManager.default.removeItem(atPath: system.directory.file(relative))
            guard try await system.main.engine.snapshot(of: .file(old), to: system.directory.file(relative)) else {
                return await ledger.endMoving()
            }
            _ = try await system.main.transaction {
                try await $0.execute(
                    "UPDATE User_Database_Config SET DB_Path = ?, Epoch = Epoch + 1 WHERE User_ID = ?",
                    [.text(relative), .integer(user.rawValue)])
            }
            await manager.apply(.user(user))
            let left = try await system.main.engine.connect(to: .file(old), as: .user)
            _ = try await left.execute(
                SQLStatement("INSERT INTO Tasks (Title) VALUES ('0/left behind')"), limits: StatementLimits())
            await left.close()
            try await read(user, turn, ledger)
        } catch {
            await ledger.endMoving()
            throw error
        }
        await ledger.endMoving()
    }

    /// Permanently deletes a user. Later reads must fail, and never return a row.
    private func remove(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws -> Bool {
        guard await ledger.takeOut(user) else { return false }
        try await purge(user, turn, ledger)
        let system = await ledger.turn.system
        do {
            let titles = try await system.taskTitles(of: user)
            await ledger.note("the removed user \(user) was served \(titles.count) rows")
        } catch let error as TenancyError where error.code != .wrongDatabase {
            // As it must be.
        }
        return true
    }

    /// Tries again, on the system of that moment, where another task closes the system meanwhile.
    private func purge(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws {
        var turn = turn
        for _ in 1..<50 {
            do {
                return try await Self.purge(user, in: turn.system)
            } catch let error as TenancyError where error.code == .userNotFound {
                return
            } catch is TenancyError {
                try await Task.sleep(for: .milliseconds(20))
                turn = await ledger.turn
            }
        }
        try await Self.purge(user, in: turn.system)
    }

    private static func purge(_ user: UserID, in system: TestSystem) async throws {
        let date = system.main.time.wallNow
        try await system.manager.suspendUser(
            user, inTransaction: { try await UserRepository($0).setDeleted(date, of: user) })
        try await system.manager.purgeUser(user, deletedBefore: date.adding(.seconds(60)))
    }

    private func closeAndOpen(_ turn: Turn, _ ledger: Ledger) async throws -> Bool {
        guard let reopen, await ledger.beginReopening(turn) else { return false }
        await turn.system.close()
        await ledger.endReopening(try await reopen())
        return true
    }
}
