/// The rows of `Job` and `Job_Step`.
public struct JobRepository: Sendable {
    public struct Job: Sendable {
        public let id: Int64
        public let kind: Kind
        public let userID: UserID?
        public let state: State
        public let error: String?
        public let attempts: Int
        public let createdAt: Timestamp
        public let updatedAt: Timestamp

        /// Whether a retry makes sense: an ended job stays ended, and a failed registration was undone together with
        /// its user.
        public var isRetryable: Bool {
            switch (state, kind) {
            case (.running, _), (.failed, .provision), (.failed, .rotatePassword): true
            case (.failed, .register), (.failed, .purge), (.done, _): false
            }
        }
    }

    public enum Kind: String, Sendable {
        /// A database for an existing user.
        case provision
        /// A database for a user who registers; undoing it removes the user.
        case register
        /// A new password for a user's login.
        case rotatePassword = "rotate-password"
        /// Permanent removal of a deleted user.
        case purge

        /// The number of steps of such a job.
        public var stepCount: Int {
            switch self {
            case .provision, .register: ProvisioningStep.allCases.count
            case .rotatePassword: RotationStep.allCases.count
            case .purge: PurgeStep.allCases.count
            }
        }
    }

    public enum State: String, Sendable { case running, done, failed }

    private static let columns = "Job_ID, Kind, User_ID, State, Error, Attempts, Created_Date, Updated_Date"
    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    func insert(_ kind: Kind, userID: UserID, date: Timestamp) async throws -> Int64 {
        try await database.insert(
            into: "Job",
            [
                "Kind": .text(kind.rawValue), "User_ID": .integer(userID.rawValue),
                "State": .text(State.running.rawValue),
                "Attempts": 0, "Created_Date": .timestamp(date), "Updated_Date": .timestamp(date),
            ], identity: "Job_ID")
    }

    /// The newest running job of a user, of any kind.
    func running(for userID: UserID) async throws -> Job? {
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE User_ID = ? AND State = 'running' ORDER BY Job_ID DESC \
            \(database.dialect.limitClause)
            """
        return try await database.fetchOne(sql, [.integer(userID.rawValue), 1]).map(Self.job)
    }

    /// A user's running job of one kind.
    func running(for userID: UserID, kind: Kind) async throws -> Job? {
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE User_ID = ? AND State = 'running' AND Kind = ? ORDER BY Job_ID DESC \
            \(database.dialect.limitClause)
            """
        return try await database.fetchOne(sql, [.integer(userID.rawValue), .text(kind.rawValue), 1]).map(Self.job)
    }

    /// A user's newest running job of several kinds.
    func running(for userID: UserID, kinds: [Kind]) async throws -> Job? {
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE User_ID = ? AND State = 'running' \
            AND Kind IN (\(SQLStatement.marks(kinds.count))) ORDER BY Job_ID DESC \(database.dialect.limitClause)
            """
        let words = kinds.map { SQLValue.text($0.rawValue) }
        return try await database.fetchOne(sql, [.integer(userID.rawValue)] + words + [1]).map(Self.job)
    }

    /// Whether a user is being permanently removed. Call in a transaction that has changed the user's row.
    public func isPurging(_ userID: UserID) async throws -> Bool { try await running(for: userID, kind: .purge) != nil }

    /// Running jobs, ordered by id.
    func running(after: Int64, limit: Int) async throws -> [Job] {
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE State = 'running' AND Job_ID > ? ORDER BY Job_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(after), .integer(Int64(limit))]).map(Self.job)
    }

    /// A job by its number; nil if there is none.
    public func find(_ id: Int64) async throws -> Job? {
        let sql = "SELECT \(Self.columns) FROM Job WHERE Job_ID = ?"
        return try await database.fetchOne(sql, [.integer(id)]).map(Self.job)
    }

    /// The newest jobs, newest first.
    /// - Parameters:
    ///   - before: only jobs with smaller numbers; nil to start at the newest.
    ///   - state: only jobs in this state; nil for all.
    public func list(before: Int64?, limit: Int, in state: State? = nil) async throws -> [Job] {
        let condition = state == nil ? "" : " AND State = ?"
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE Job_ID < ?\(condition) ORDER BY Job_ID DESC \
            \(database.dialect.limitClause)
            """
        let parameters: [SQLValue] = [.integer(before ?? .max)] + (state.map { [.text($0.rawValue)] } ?? [])
        return try await database.fetchAll(sql, parameters + [.integer(Int64(limit))]).map(Self.job)
    }

    /// The recorded steps of jobs, in order.
    /// - Parameter ids: at most one page of jobs.
    public func steps(of ids: [Int64]) async throws -> [Int64: [String]] {
        guard !ids.isEmpty else { return [:] }
        let marks = SQLStatement.marks(ids.count)
        let sql = "SELECT Job_ID, Step FROM Job_Step WHERE Job_ID IN (\(marks)) ORDER BY Job_Step_ID"
        return try await database.fetchAll(sql, ids.map(SQLValue.integer)).reduce(into: [:]) { steps, row in
            steps[try row.integer("Job_ID"), default: []].append(try row.text("Step"))
        }
    }

    /// Claims a running job in the state in which it was read: of concurrent callers in any process, one succeeds.
    /// - Returns: whether the caller has it.
    func claim(_ job: Job, date: Timestamp) async throws -> Bool {
        // Must differ from the value that was read, even if the clock stands still.
        let claimedAt = max(date, job.updatedAt.adding(.milliseconds(1)))
        let result = try await database.execute(
            "UPDATE Job SET Updated_Date = ? WHERE Job_ID = ? AND State = 'running' AND Updated_Date = ?",
            [.timestamp(claimedAt), .integer(job.id), .timestamp(job.updatedAt)])
        return result.changes > 0
    }

    /// Records completed steps, unless they are recorded already.
    func record(_ steps: [String], of id: Int64, date: Timestamp) async throws {
        let known = Set(try await self.steps(of: [id])[id] ?? [])
        for step in steps where !known.contains(step) { try await insert(step, of: id, date: date) }
    }

    /// Records the first step of a job that was inserted in this transaction.
    func insert(_ step: String, of id: Int64, date: Timestamp) async throws {
        _ = try await database.insert(
            into: "Job_Step",
            ["Job_ID": .integer(id), "Step": .text(step), "Completed_Date": .timestamp(date)],
            identity: "Job_Step_ID")
    }

    /// Ends a job and records its steps.
    func end(_ id: Int64, as state: State, steps: [String], error: String?, date: Timestamp) async throws {
        if !steps.isEmpty { try await record(steps, of: id, date: date) }
        try await database.execute(
            "UPDATE Job SET State = ?, Error = ?, Attempts = Attempts + 1, Updated_Date = ? WHERE Job_ID = ?",
            [
                .text(state.rawValue), .optionalText(error?.truncated(toUTF16: 1000)), .timestamp(date),
                .integer(id),
            ])
    }

    /// Records a failed attempt; the job stays running for the next one.
    func noteFailure(_ id: Int64, error: String, date: Timestamp) async throws {
        try await database.execute(
            "UPDATE Job SET Error = ?, Attempts = Attempts + 1, Updated_Date = ? WHERE Job_ID = ?",
            [.text(error.truncated(toUTF16: 1000)), .timestamp(date), .integer(id)])
    }

    /// Deletes jobs that were done before a date, with their steps. Failed jobs stay.
    public func deleteDone(before date: Timestamp) async throws {
        let condition = "State = 'done' AND Updated_Date < ?"
        try await database.execute(
            "DELETE FROM Job_Step WHERE Job_ID IN (SELECT Job_ID FROM Job WHERE \(condition))", [.timestamp(date)])
        try await database.execute("DELETE FROM Job WHERE \(condition)", [.timestamp(date)])
    }

    private static func job(_ row: Row) throws -> Job {
        guard let kind = Kind(rawValue: try row.text("Kind")), let state = State(rawValue: try row.text("State")) else {
            throw TenancyError(
                .unexpectedValue,
                "Row \(try row.integer("Job_ID")) of Job has an unknown Kind or State. Was it edited by hand?")
        }
        return Job(
            id: try row.integer("Job_ID"), kind: kind,
            userID: try row.optionalInteger("User_ID").flatMap { UserID($0) },
            state: state, error: try row.optionalText("Error"), attempts: Int(try row.integer("Attempts")),
            createdAt: try row.timestamp("Created_Date"), updatedAt: try row.timestamp("Updated_Date"))
    }
}
