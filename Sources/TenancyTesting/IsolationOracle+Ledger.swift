internal import Tenancy

extension IsolationOracle {
    /// The context of a step.
    struct Turn: Sendable {
        let system: TestSystem
        let number: Int
    }

    /// What happened to whom, as reported by the tasks.
    actor Ledger {
        /// Marks rows of transactions that are rolled back, in their titles.
        static let undoneMark = "/undone "

        private(set) var report = Report()
        private(set) var users: [UserID]
        private(set) var turn: Turn
        private var isReopening = false
        private var isMoving = false
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
        func count(_ disturbance: Disturbance) { report.disturbances[disturbance, default: 0] += 1 }
        func count(of disturbance: Disturbance) -> Int { report.disturbances[disturbance] ?? 0 }
        func add(_ user: UserID) { users.append(user) }

        /// Removes a user from the run, if enough are left.
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
            report.undoneRows += titles.filter { $0.contains(Self.undoneMark) }.map { "user \(user) saw \($0)" }
            report.lostWrites += known.subtracting(titles).map { "user \(user) did not see \($0)" }
            var seen: Set<String> = []
            report.lostWrites += titles.filter { !seen.insert($0).inserted }.map { "user \(user) saw \($0) twice" }
        }

        func note(_ error: any Error, of user: UserID, in turn: Turn) {
            if error is CancellationError { return }
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

        /// Announces that the system is about to be closed.
        /// - Returns: false if another task closes it.
        func beginReopening(_ turn: Turn) -> Bool {
            guard !isReopening, turn.number == self.turn.number else { return false }
            isReopening = true
            return true
        }

        /// - Returns: false if another task is moving the wanderer.
        func beginMoving() -> Bool {
            guard !isMoving else { return false }
            isMoving = true
            return true
        }

        func endMoving() { isMoving = false }

        func endReopening(_ system: TestSystem) {
            turn = Turn(system: system, number: turn.number + 1)
            isReopening = false
        }

        func note(_ sentence: String) { report.unexplained.append(sentence) }
    }
}
