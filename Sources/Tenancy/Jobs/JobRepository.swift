/// The rows of `Job` and `Job_Step`.
///
/// This file reads them. What a job's owner writes is in `JobRepository+Owner.swift`, what others do to it in
/// `JobRepository+Wishes.swift`.
public struct JobRepository: Sendable {
    static let columns = """
        Job_ID, Kind, User_ID, State, Payload, Error, Attempts, Owner, Lease_Until, Not_Before, Wanted, Wanted_By_ID, \
        Wanted_By, Lane, Total, Done, Failed, Skipped, Parent_Job_ID, Actor_ID, Actor, Created_Date, Updated_Date, \
        Started_Date, Ended_Date
        """
    static let isOpen = "State IN ('queued', 'running', 'paused')"
    /// The most UTF-16 code units of an error.
    static let maxError = 1000

    let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// A job by its number; nil if there is none.
    public func find(_ id: Int64) async throws -> Job? {
        let sql = "SELECT \(Self.columns) FROM Job WHERE Job_ID = ?"
        return try await database.fetchOne(sql, [.integer(id)]).map(Self.job)
    }

    /// A user's newest job of these kinds that has not ended.
    func open(of userID: UserID, kinds: [JobKind]) async throws -> Job? {
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE User_ID = ? AND \(Self.isOpen) \
            AND Kind IN (\(SQLStatement.marks(kinds.count))) ORDER BY Job_ID DESC \(database.dialect.limitClause)
            """
        let words = kinds.map { SQLValue.text($0.rawValue) }
        return try await database.fetchOne(sql, [.integer(userID.rawValue)] + words + [1]).map(Self.job)
    }

    /// The newest job of a kind that has not ended and has this payload.
    func open(_ kind: JobKind, payload: String) async throws -> Job? {
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE Kind = ? AND \(Self.isOpen) ORDER BY Job_ID DESC \
            \(database.dialect.limitClause)
            """
        let jobs = try await database.fetchAll(sql, [.text(kind.rawValue), .integer(Self.maxOpenOfAKind)])
        return try jobs.lazy.map(Self.job).first { $0.payload == payload }
    }

    private static let maxOpenOfAKind: Int64 = 1000

    /// Whether a user is being permanently removed. Call in a transaction that has changed the user's row.
    public func isPurging(_ userID: UserID) async throws -> Bool {
        try await open(of: userID, kinds: [.purge]) != nil
    }

    /// The newest jobs, newest first.
    /// - Parameters:
    ///   - before: only jobs with smaller numbers; nil to start at the newest.
    ///   - state: only jobs in this state; nil for all.
    ///   - kind: only jobs of this kind; nil for all.
    ///   - parent: only the children of this job; nil for all.
    public func list(
        before: Int64?, limit: Int, in state: JobState? = nil, kind: JobKind? = nil, parent: Int64? = nil
    ) async throws -> [Job] {
        let (condition, parameters) = Self.condition(before, state, kind, parent)
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE \(condition) ORDER BY Job_ID DESC \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, parameters + [.integer(Int64(limit))]).map(Self.job)
    }

    /// How many ``list(before:limit:in:kind:parent:)`` would give without a limit.
    func count(before: Int64?, in state: JobState?, kind: JobKind?, parent: Int64?) async throws -> Int {
        let (condition, parameters) = Self.condition(before, state, kind, parent)
        let sql = "SELECT COUNT(*) AS Number FROM Job WHERE \(condition)"
        return Int(try await database.fetchOne(sql, parameters)?.integer("Number") ?? 0)
    }

    private static func condition(
        _ before: Int64?, _ state: JobState?, _ kind: JobKind?, _ parent: Int64?
    ) -> (text: String, parameters: [SQLValue]) {
        var (text, parameters) = ("Job_ID < ?", [SQLValue.integer(before ?? .max)])
        let equal: [(String, SQLValue?)] = [
            ("State", state.map { .text($0.rawValue) }), ("Kind", kind.map { .text($0.rawValue) }),
            ("Parent_Job_ID", parent.map(SQLValue.integer)),
        ]
        for case (let column, let value?) in equal {
            text += " AND \(column) = ?"
            parameters.append(value)
        }
        return (text, parameters)
    }

    /// A recorded step of a job.
    public struct Step: Sendable {
        public let name: String
        /// The step's result, in the handler's own form.
        public let detail: String?
        public let completedAt: Timestamp
    }

    /// The recorded steps of jobs, in order.
    /// - Parameter ids: at most one page of jobs.
    public func steps(of ids: [Int64]) async throws -> [Int64: [Step]] {
        guard !ids.isEmpty else { return [:] }
        let marks = SQLStatement.marks(ids.count)
        let sql = """
            SELECT Job_ID, Step, Detail, Completed_Date FROM Job_Step WHERE Job_ID IN (\(marks)) ORDER BY Job_Step_ID
            """
        return try await database.fetchAll(sql, ids.map(SQLValue.integer)).reduce(into: [:]) { steps, row in
            steps[try row.integer("Job_ID"), default: []].append(
                Step(
                    name: try row.text("Step"), detail: try row.optionalText("Detail"),
                    completedAt: try row.timestamp("Completed_Date")))
        }
    }

    /// Deletes jobs that were done or cancelled before a date, with their steps and items. Failed jobs stay.
    /// - Parameter kind: only jobs of this kind; nil for all.
    func deleteDone(before date: Timestamp, kind: JobKind? = nil) async throws {
        let condition =
            "State IN ('done', 'cancelled') AND Updated_Date < ?" + (kind == nil ? "" : " AND Kind = ?")
        let parameters: [SQLValue] = [.timestamp(date)] + (kind.map { [.text($0.rawValue)] } ?? [])
        for table in ["Job_Step", "Job_Item"] {
            try await database.execute(
                "DELETE FROM \(table) WHERE Job_ID IN (SELECT Job_ID FROM Job WHERE \(condition))", parameters)
        }
        try await database.execute("DELETE FROM Job WHERE \(condition)", parameters)
    }

    static func job(_ row: Row) throws -> Job {
        guard let kind = JobKind(rawValue: try row.text("Kind")), let state = JobState(rawValue: try row.text("State")),
            let wish = JobWish(rawValue: try row.text("Wanted"))
        else {
            throw TenancyError(
                .unexpectedValue,
                "Row \(try row.integer("Job_ID")) of Job has an unknown Kind, State or Wanted. Was it edited by hand?")
        }
        return Job(
            id: try row.integer("Job_ID"), kind: kind, userID: try user("User_ID", row), state: state,
            payload: try row.optionalText("Payload"), error: try row.optionalText("Error"),
            attempts: Int(try row.integer("Attempts")),
            owner: try row.optionalText("Owner").flatMap(JobOwner.init),
            leaseUntil: try row.optionalTimestamp("Lease_Until"),
            notBefore: try row.optionalTimestamp("Not_Before"), wish: wish,
            wishedBy: JobActor(userID: try user("Wanted_By_ID", row), command: try row.optionalText("Wanted_By")),
            lane: try row.optionalText("Lane"), total: try row.optionalInteger("Total").map { Int($0) },
            done: Int(try row.integer("Done")), failed: Int(try row.integer("Failed")),
            skipped: Int(try row.integer("Skipped")), parentID: try row.optionalInteger("Parent_Job_ID"),
            actor: JobActor(userID: try user("Actor_ID", row), command: try row.optionalText("Actor")),
            createdAt: try row.timestamp("Created_Date"), updatedAt: try row.timestamp("Updated_Date"),
            startedAt: try row.optionalTimestamp("Started_Date"), endedAt: try row.optionalTimestamp("Ended_Date"))
    }

    private static func user(_ column: String, _ row: Row) throws -> UserID? {
        try row.optionalInteger(column).flatMap { UserID($0) }
    }
}
