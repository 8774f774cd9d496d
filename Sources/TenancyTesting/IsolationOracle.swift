public import Tenancy

/// Many tasks over many users at once, each row tagged with its owner: one row of another owner is a leak.
public struct IsolationOracle: Sendable {
    /// What a run found.
    public struct Report: Sendable {
        public internal(set) var steps = 0
        public internal(set) var writes = 0
        /// Rows that a user saw and that are another's.
        public internal(set) var foreignRows: [String] = []
        /// Writes that were acknowledged and are gone.
        public internal(set) var lostWrites: [String] = []
        /// Errors that the disturbances do not explain.
        public internal(set) var unexplained: [String] = []
    }

    /// What happened to whom, as the tasks tell it.
    private actor Ledger {
        var report = Report()
        var acknowledged: [UserID: Set<String>] = [:]

        func step() { report.steps += 1 }
        func write(_ title: String, of user: UserID) {
            report.writes += 1
            acknowledged[user, default: []].insert(title)
        }
        func check(_ titles: [String], of user: UserID) {
            report.foreignRows += titles.filter { !$0.hasPrefix("\(user)/") }.map { "user \(user) saw \($0)" }
        }
        func note(_ error: any Error) {
            let expected: [TenancyError.Code] = [.databaseSuspended, .staleLease, .cancelled, .leaseEnded]
            if let error = error as? TenancyError, expected.contains(error.code) { return }
            if error is CancellationError || error is Undone { return }
            report.unexplained.append("\(error)")
        }
        func finish(_ found: [UserID: [String]]) -> Report {
            for (user, titles) in acknowledged {
                report.lostWrites += titles.subtracting(found[user] ?? []).map { "user \(user): \($0)" }
            }
            return report
        }
    }

    private struct Undone: Error {}

    let system: TestSystem
    let users: [UserID]
    let seed: UInt64

    /// - Parameter users: those whose databases are worked in; they have one each.
    public init(system: TestSystem, users: [UserID], seed: UInt64) {
        self.system = system
        self.users = users
        self.seed = seed
    }

    /// - Parameters:
    ///   - tasks: how many work at the same time.
    ///   - steps: of each task.
    public func run(tasks: Int, steps: Int) async throws -> Report {
        let ledger = Ledger()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ UInt64(task))
                    for step in 0..<steps { await self.step("\(task).\(step)", &random, ledger) }
                }
            }
        }
        for user in users { try await system.manager.resumeUser(user) }
        var found: [UserID: [String]] = [:]
        for user in users {
            found[user] = try await system.taskTitles(of: user)
            await ledger.check(found[user] ?? [], of: user)
        }
        return await ledger.finish(found)
    }

    private func step(_ name: String, _ random: inout SeededGenerator, _ ledger: Ledger) async {
        guard let user = users.randomElement(using: &random) else { return }
        let dice = Int.random(in: 0..<100, using: &random)
        let title = "\(user)/\(name)"
        await ledger.step()
        do {
            switch dice {
            case 0..<35: try await read(user, ledger)
            case 35..<65:
                try await system.addTask(title, for: user)
                await ledger.write(title, of: user)
            case 65..<75: try await writeAndUndo(title, user)
            case 75..<85: try await cancelled(user, ledger)
            case 85..<95: await system.manager.evictOldest()
            case 95..<98: try await system.manager.suspendUser(user)
            default: try await system.manager.resumeUser(user)
            }
        } catch {
            await ledger.note(error)
        }
    }

    /// Reads twice: by the context, and by a lease that is held over a pause.
    private func read(_ user: UserID, _ ledger: Ledger) async throws {
        try await system.manager.withUserContext(user) {
            let titles = try await system.manager.fetchAll("SELECT Title FROM Tasks").map { try $0.text("Title") }
            await ledger.check(titles, of: user)
            try await system.manager.withUserDatabase(.read) { database in
                await Task.yield()
                await ledger.check(
                    try await database.fetchAll("SELECT Title FROM Tasks").map { try $0.text("Title") }, of: user)
            }
        }
    }

    private func writeAndUndo(_ title: String, _ user: UserID) async throws {
        try await system.manager.withUserDatabase(user) { database in
            try await database.transaction { database in
                try await database.execute("INSERT INTO Tasks (Title) VALUES (?)", [.text("undone \(title)")])
                throw Undone()
            }
        }
    }

    /// Starts a long read and cancels it somewhere on its way.
    private func cancelled(_ user: UserID, _ ledger: Ledger) async throws {
        let task = Task {
            try await system.manager.withUserDatabase(user, .read) { database in
                let sql =
                    "SELECT A.Title FROM Tasks A, Tasks B, Tasks C ORDER BY A.Title \(database.dialect.limitClause)"
                return try await database.fetchAll(sql, [5000]).map { try $0.text("Title") }
            }
        }
        await Task.yield()
        task.cancel()
        await ledger.check(try await task.value, of: user)
    }
}
