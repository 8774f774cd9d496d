public import Tenancy

/// Runs many concurrent tasks over many users, with each row tagged by its owner: a row of another owner is a leak, a
/// missing row a loss. Meanwhile users come and go, passwords and epochs change, and the whole system is closed and
/// reopened.
public struct IsolationOracle: Sendable {
    /// The findings of a run.
    public struct Report: Sendable {
        public internal(set) var steps = 0
        public internal(set) var writes = 0
        /// Rows that a user saw and that belong to another.
        public internal(set) var foreignRows: [String] = []
        /// Acknowledged writes that are missing or duplicated.
        public internal(set) var lostWrites: [String] = []
        /// Rows of transactions that were rolled back.
        public internal(set) var undoneRows: [String] = []
        /// Errors that the disturbances do not explain.
        public internal(set) var unexplained: [String] = []
        /// How often each disturbance was completed.
        public internal(set) var disturbances: [Disturbance: Int] = [:]

        /// The disturbances that were never completed.
        public var untried: [Disturbance] { Disturbance.allCases.filter { disturbances[$0] == nil } }
    }

    /// What a task does in one step.
    private enum Action {
        case read, write
        case disturb(Disturbance)

        static func random(using random: inout SeededGenerator) -> Action {
            switch Int.random(in: 0..<1000, using: &random) {
            case 0..<350: .read
            case 350..<650: .write
            case 650..<750: .disturb(.undone)
            case 750..<840: .disturb(.cancelled)
            case 840..<930: .disturb(.evicted)
            case 930..<940: .disturb(.suspended)
            case 940..<970: .disturb(.resumed)
            case 970..<980: .disturb(.epochMoved)
            case 980..<987: .disturb(.registered)
            case 987..<991: .disturb(.removed)
            case 991..<997: .disturb(.passwordChanged)
            default: .disturb(.reopened)
            }
        }
    }

    /// How often a disturbance is tried until it is completed once.
    private static let maxTries = 500
    /// A long query needs this many rows of a user.
    private static let rowsOfLongQuery = 30

    let system: TestSystem
    let users: [UserID]
    let kept: Set<UserID>
    let seed: UInt64
    let wanderer: UserID?
    let reopen: (@Sendable () async throws -> TestSystem)?

    /// - Parameters:
    ///   - users: the users whose databases are used, one for each.
    ///   - kept: those of them who are never removed, as when a leak is planted between two.
    ///   - wanderer: one of the kept, whose database, a file that nobody writes, is moved repeatedly; rows then put
    ///     into the old file belong to nobody.
    ///   - reopen: opens a new system over the same databases once the previous one is closed; nil to keep it open.
    ///     The run closes the last one.
    public init(
        system: TestSystem, users: [UserID], keeping kept: Set<UserID> = [], seed: UInt64,
        wanderer: UserID? = nil, reopen: (@Sendable () async throws -> TestSystem)? = nil
    ) {
        self.system = system
        self.users = users
        self.kept = kept
        self.seed = seed
        self.wanderer = wanderer
        self.reopen = reopen
    }

    /// - Parameters:
    ///   - tasks: the number of concurrent tasks.
    ///   - steps: the steps of each task. In its first steps, the first task tries each possible disturbance until it
    ///     has been completed once.
    public func run(tasks: Int, steps: Int) async throws -> Report {
        let ledger = Ledger(users: users, keeping: kept, system: system)
        let first = Disturbance.allCases.filter(isPossible)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ UInt64(task))
                    for step in 0..<steps {
                        await ledger.step()
                        if task == 0, step < first.count {
                            await self.force(first[step], "\(task).\(step)", &random, ledger)
                        } else if task == 1, step % 5 == 0, let wanderer {
                            await self.take(.disturb(.epochMoved), for: wanderer, "", &random, ledger)
                        } else {
                            await self.step("\(task).\(step)", &random, ledger)
                        }
                    }
                }
            }
        }
        let last = await ledger.turn
        _ = try await last.system.manager.reconcile()
        for user in await ledger.users { try await check(user, last, ledger) }
        if last.number > 0 { await last.system.close() }
        return await ledger.report
    }

    /// Checks everything that a user has, at the end.
    private func check(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws {
        try await turn.system.manager.resumeUser(user)
        let known = await ledger.acknowledgedTitles(of: user)
        do {
            await ledger.check(try await turn.system.taskTitles(of: user), of: user, holding: known)
        } catch {
            await ledger.note(error, of: user, in: turn)
        }
    }

    private func isPossible(_ disturbance: Disturbance) -> Bool {
        switch disturbance {
        case .passwordChanged: !system.main.engine.capabilities.isEmbedded
        case .reopened: reopen != nil
        default: true
        }
    }

    // MARK: Steps

    private func step(_ name: String, _ random: inout SeededGenerator, _ ledger: Ledger) async {
        guard let user = await ledger.users.randomElement(using: &random) else { return }
        let action = Action.random(using: &random)
        guard user == wanderer else { return await take(action, for: user, name, &random, ledger) }
        switch action {
        case .write, .disturb(.undone): await take(.read, for: user, name, &random, ledger)
        default: await take(action, for: user, name, &random, ledger)
        }
    }

    /// Tries a disturbance on one user after the other, until any task has completed it once.
    private func force(
        _ disturbance: Disturbance, _ name: String, _ random: inout SeededGenerator, _ ledger: Ledger
    ) async {
        for number in 0..<Self.maxTries {
            guard await ledger.count(of: disturbance) == 0,
                let user = await ledger.users.filter({ $0 != wanderer }).randomElement(using: &random)
            else { return }
            if disturbance == .cancelled {
                let known = await ledger.acknowledgedTitles(of: user).count
                for row in 0..<max(0, Self.rowsOfLongQuery - known) {
                    await take(.write, for: user, "\(name)-\(number).\(row)", &random, ledger)
                }
            }
            await take(.disturb(disturbance), for: user, "\(name)-\(number)", &random, ledger)
            // While a user is suspended, or another task closes the system, there is nothing to do but wait.
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func take(
        _ action: Action, for user: UserID, _ name: String, _ random: inout SeededGenerator, _ ledger: Ledger
    ) async {
        let turn = await ledger.turn
        do {
            switch action {
            case .read: try await read(user, turn, ledger)
            case .write:
                let title = "\(user)/\(name)"
                try await turn.system.addTask(title, for: user)
                await ledger.write(title, of: user)
            case .disturb(let disturbance):
                let pause = Duration.microseconds(Int.random(in: 0...3000, using: &random))
                if try await disturb(by: disturbance, user, name, pause, turn, ledger) {
                    await ledger.count(disturbance)
                }
            }
        } catch {
            await ledger.note(error, of: user, in: turn)
            // Steps taken while the system is closed test little.
            if (error as? TenancyError)?.code == .shuttingDown { try? await Task.sleep(for: .milliseconds(20)) }
        }
    }

    /// Reads twice: through the context, and through a lease held over a pause.
    func read(_ user: UserID, _ turn: Turn, _ ledger: Ledger) async throws {
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
}
