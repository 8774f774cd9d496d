public import Tenancy

/// Many tasks over many users at once, each row tagged with its owner: one row of another owner is a leak, one missing row a
/// loss. Meanwhile users come and go, passwords and epochs change, and the whole system is closed and opened again.
public struct IsolationOracle: Sendable {
    /// What a run found.
    public struct Report: Sendable {
        public internal(set) var steps = 0
        public internal(set) var writes = 0
        /// Rows that a user saw and that are another's.
        public internal(set) var foreignRows: [String] = []
        /// Writes that were acknowledged and are gone, or are there twice.
        public internal(set) var lostWrites: [String] = []
        /// Errors that the disturbances do not explain.
        public internal(set) var unexplained: [String] = []
        /// How often each disturbance came to its end.
        public internal(set) var disturbances: [String: Int] = [:]
    }

    /// What steps are taken with.
    private struct Turn: Sendable {
        let system: TestSystem
        let number: Int
    }

    /// What happened to whom, as the tasks tell it.
    private actor Ledger {
        var report = Report()
        var users: [UserID]
        var turn: Turn
        private var isReopening = false
        private var acknowledged: [UserID: Set<String>] = [:]
        private var removed: Set<UserID> = []
        private let kept: Set<UserID>
        private let least: Int

        init(users: [UserID], keeping kept: Set<UserID>, system: TestSystem) {
            self.users = users
            self.kept = kept
            turn = Turn(system: system, number: 0)
            least = users.count / 2
        }

        func step() { report.steps += 1 }
        func count(_ disturbance: String) { report.disturbances[disturbance, default: 0] += 1 }
        func add(_ user: UserID) { users.append(user) }

        /// Takes a user out of the game, where enough are left.
        func takeOut(_ user: UserID) -> Bool {
            guard users.count > least, !kept.contains(user), let index = users.firstIndex(of: user) else {
                return false
            }
            users.remove(at: index)
            removed.insert(user)
            return true
        }

        func write(_ title: String, of user: UserID) {
            report.writes += 1
            acknowledged[user, default: []].insert(title)
        }

        /// What a read that begins now must see.
        func acknowledgedTitles(of user: UserID) -> Set<String> { acknowledged[user] ?? [] }

        func check(_ titles: [String], of user: UserID, holding known: Set<String>) {
            report.foreignRows += titles.filter { !$0.hasPrefix("\(user)/") }.map { "user \(user) saw \($0)" }
            report.lostWrites += known.subtracting(titles).map { "user \(user) did not see \($0)" }
            var seen: Set<String> = []
            report.lostWrites += titles.filter { !seen.insert($0).inserted }.map { "user \(user) saw \($0) twice" }
        }

        func note(_ error: any Error, of user: UserID, in turn: Turn) {
            if error is CancellationError || error is Undone { return }
            guard let code = (error as? TenancyError)?.code else { return report.unexplained.append("\(error)") }
            var expected: [TenancyError.Code] = [.databaseSuspended, .staleLease, .cancelled, .leaseEnded]
            if removed.contains(user) {
                expected += [.userNotFound, .userDatabaseNotFound, .databaseNotReady, .invalidConfiguration]
            }
            if isReopening || turn.number != self.turn.number {
                expected += [.shuttingDown, .databaseNotReady, .provisioningFailed]
            }
            if !expected.contains(code) { report.unexplained.append("user \(user): \(error)") }
        }

        /// Says that the system is about to be closed.
        /// - Returns: false where somebody else closes it.
        func beginReopening(_ turn: Turn) -> Bool {
            guard !isReopening, turn.number == self.turn.number else { return false }
            isReopening = true
            return true
        }
        func endReopening(_ system: TestSystem) {
            turn = Turn(system: system, number: turn.number + 1)
            isReopening = false
            count("closed and opened again")
        }
        func note(_ sentence: String) { report.unexplained.append(sentence) }
    }

    private struct Undone: Error {}

    let system: TestSystem
    let users: [UserID]
    let kept: Set<UserID>
    let seed: UInt64
    let reopen: (@Sendable () async throws -> TestSystem)?

    /// - Parameters:
    ///   - users: those whose databases are worked in; they have one each.
    ///   - kept: those of them who are never removed, as where a leak is planted between two.
    ///   - reopen: opens a new system over the same databases, when the one before is closed; nil where it stays open. The
    ///     last one is closed by the run.
    public init(
        system: TestSystem, users: [UserID], keeping kept: Set<UserID> = [], seed: UInt64,
        reopen: (@Sendable () async throws -> TestSystem)? = nil
    ) {
        self.system = system
        self.users = users
        self.kept = kept
        self.seed = seed
        self.reopen = reopen
    }

    /// - Parameters:
    ///   - tasks: how many work at the same time.
    ///   - steps: of each task.
    public func run(tasks: Int, steps: Int) async throws -> Report {
        let ledger = Ledger(users: users, keeping: kept, system: system)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ UInt64(task))
                    for step in 0..<steps { await self.step("\(task).\(step)", &random, ledger) }
                }
            }
        }
        let last = await ledger.turn
        _ = try await last.system.manager.reconcile()
        for user in await ledger.users {
            try await last.system.manager.resumeUser(user)
            let known = await ledger.acknowledgedTitles(of: user)
            await ledger.check(try await last.system.taskTitles(of: user), of: user, holding: known)
        }
        if last.number > 0 { await last.system.close() }
        return await ledger.report
    }

    private func step(_ name: String, _ random: inout SeededGenerator, _ ledger: Ledger) async {
        guard let user = await ledger.users.randomElement(using: &random) else { return }
        let dice = Int.random(in: 0..<1000, using: &random)
        let turn = await ledger.turn
        let manager = turn.system.manager
        await ledger.step()
        do {
            switch dice {
            case 0..<350: try await read(user, turn, ledger)
            case 350..<650:
                let title = "\(user)/\(name)"
                try await turn.system.addTask(title, for: user)
                await ledger.write(title, of: user)
            case 650..<750: try await writeAndUndo("\(user)/undone \(name)", user, turn)
            case 750..<840: try await cancelled(user, turn, ledger)
            case 840..<930: await manager.evictOldest()
            case 930..<940: try await manager.suspendUser(user)
            case 940..<970: try await manager.resumeUser(user)
            case 970..<980:
                try await moveEpoch(of: user, turn)
                await ledger.count("epoch moved")
            case 980..<987:
                await ledger.add(try await turn.system.addUser("new\(name)").id)
                await ledger.count("user registered")
            case 987..<991: try await remove(user, turn, ledger)
            case 991..<997:
                guard try await manager.loadUserDatabaseConfig(user)?.login != nil else { return }
                try await manager.rotatePassword(of: user)
                await ledger.count("password changed")
            default: try await closeAndOpen(turn, ledger)
            }
        } catch {
            await ledger.note(error, of: user, in: turn)
            // Steps taken while the system is closed try little.
            if (error as? TenancyError)?.code == .shuttingDown { try? await Task.sleep(for: .milliseconds(20)) }
        }
    }

    /// Reads twice: by the context, and by a lease that is held over a pause.
    private func read(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws {
        try await turn.system.manager.withUserContext(user) {
            let known = await ledger.acknowledgedTitles(of: user)
            let titles = try await turn.system.manager.fetchAll("SELECT Title FROM Tasks").map {
                try $0.text("Title")
            }
            await ledger.check(titles, of: user, holding: known)
            try await turn.system.manager.withUserDatabase(.read) { database in
                let known = await ledger.acknowledgedTitles(of: user)
                await Task.yield()
                let titles = try await database.fetchAll("SELECT Title FROM Tasks").map { try $0.text("Title") }
                await ledger.check(titles, of: user, holding: known)
            }
        }
    }

    private func writeAndUndo(_ title: String, _ user: UserID, _ turn: Turn) async throws {
        try await turn.system.manager.withUserDatabase(user) { database in
            try await database.transaction { database in
                try await database.execute("INSERT INTO Tasks (Title) VALUES (?)", [.text(title)])
                throw Undone()
            }
        }
    }

    /// Starts a long read and cancels it somewhere on its way.
    private func cancelled(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws {
        let task = Task {
            try await turn.system.manager.withUserDatabase(user, .read) { database in
                let sql =
                    "SELECT A.Title FROM Tasks A, Tasks B, Tasks C ORDER BY A.Title \(database.dialect.limitClause)"
                return try await database.fetchAll(sql, [5000]).map { try $0.text("Title") }
            }
        }
        await Task.yield()
        task.cancel()
        await ledger.check(Array(Set(try await task.value)), of: user, holding: [])
    }

    /// As another process does that moves the database: connections from before must end.
    private func moveEpoch(of user: UserID, _ turn: Turn) async throws {
        try await turn.system.main.transaction {
            _ = try await $0.execute(
                "UPDATE User_Database_Config SET Epoch = Epoch + 1 WHERE User_ID = ?", [.integer(user.rawValue)])
        }
        await turn.system.manager.apply(.user(user))
    }

    /// Deletes a user for good. Who reads afterwards is told so, and never gets a row.
    private func remove(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws {
        guard await ledger.takeOut(user) else { return }
        let manager = turn.system.manager
        let date = turn.system.main.time.wallNow
        try await manager.suspendUser(user) { try await UserRepository($0).setDeleted(date, of: user) }
        try await manager.purgeUser(user, deletedBefore: date.adding(.seconds(60)))
        await ledger.count("user removed")
        do {
            let titles = try await turn.system.taskTitles(of: user)
            await ledger.note("the removed user \(user) was served \(titles.count) rows")
        } catch let error as TenancyError where error.code != .wrongDatabase {
            // As it must be.
        }
    }

    private func closeAndOpen(_ turn: Turn, _ ledger: Ledger) async throws {
        guard let reopen, await ledger.beginReopening(turn) else { return }
        await turn.system.close()
        await ledger.endReopening(try await reopen())
    }
}
