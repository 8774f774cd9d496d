/// Finding jobs that nobody works on, and what operators do to jobs.
extension JobRepository {
    // MARK: Finding

    /// Which jobs a process can take.
    struct Search: Sendable {
        var date: Timestamp
        /// Only greater numbers.
        var after: Int64 = 0
        /// Only these; empty for any.
        var kinds: [JobKind] = []
        /// The servers that must not be asked now; an empty text for jobs that need none.
        var lanesToAvoid: Set<String> = []
        var limit = 100
    }

    /// Jobs that are due and that no living process has, ordered by id.
    func due(_ search: Search) async throws -> [Job] {
        var conditions = [
            "(State = 'queued' OR (State = 'running' AND (Lease_Until IS NULL OR Lease_Until < ?)))",
            "(Not_Before IS NULL OR Not_Before <= ?)", "Job_ID > ?",
        ]
        var parameters: [SQLValue] = [
            .timestamp(search.date), .timestamp(search.date), .integer(search.after),
        ]
        if !search.kinds.isEmpty {
            conditions.append("Kind IN (\(SQLStatement.marks(search.kinds.count)))")
            parameters += search.kinds.map { .text($0.rawValue) }
        }
        let avoided = Self.condition(avoiding: search.lanesToAvoid)
        parameters += avoided.parameters
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE \(conditions.joined(separator: " AND "))\(avoided.text) \
            ORDER BY Job_ID \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, parameters + [.integer(Int64(search.limit))]).map(Self.job)
    }

    /// A condition on the column `Lane`, beginning with AND; an empty lane stands for none.
    static func condition(avoiding lanes: Set<String>) -> (text: String, parameters: [SQLValue]) {
        let names = lanes.filter { !$0.isEmpty }.sorted().prefix(JobLanes.maxAvoided)
        var text = lanes.contains("") ? " AND Lane IS NOT NULL" : ""
        if !names.isEmpty { text += " AND (Lane IS NULL OR Lane NOT IN (\(SQLStatement.marks(names.count))))" }
        return (text, names.map(SQLValue.text))
    }

    /// Queued and running jobs, whoever has them, ordered by id.
    func unfinished(after: Int64, limit: Int) async throws -> [Job] {
        let sql = """
            SELECT \(Self.columns) FROM Job WHERE State IN ('queued', 'running') AND Job_ID > ? ORDER BY Job_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(after), .integer(Int64(limit))]).map(Self.job)
    }

    /// The owners of running jobs, in the order of the jobs' numbers.
    func owners(limit: Int) async throws -> [(job: Int64, owner: JobOwner)] {
        let sql = """
            SELECT Job_ID, Owner FROM Job WHERE State = 'running' AND Owner IS NOT NULL ORDER BY Job_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(Int64(limit))]).compactMap { row in
            let id = try row.integer("Job_ID")
            return JobOwner(text: try row.text("Owner")).map { (id, $0) }
        }
    }

    // MARK: Wishes

    /// Locks a job's row until the transaction ends.
    /// - Returns: the job as it is now.
    /// - Throws: ``TenancyError`` `jobNotFound`.
    func lock(_ id: Int64) async throws -> Job {
        try await database.execute("UPDATE Job SET State = State WHERE Job_ID = ?", [.integer(id)])
        guard let job = try await find(id) else { throw Self.notFound(id) }
        return job
    }

    static func notFound(_ id: Int64) -> TenancyError {
        TenancyError(.jobNotFound, "There is no job \(id). List them: unify job list")
    }

    /// Gives failed items of a job that this transaction has locked another try.
    func retryItems(of job: Job) async throws {
        let count = try await JobItemRepository(database).queueFailed(of: job.id)
        guard count > 0 else { return }
        try await database.execute(
            "UPDATE Job SET Failed = Failed - ? WHERE Job_ID = ?", [.integer(Int64(count)), .integer(job.id)])
    }

    /// Stores what an operator wants of a job that this transaction has locked.
    /// - Parameters:
    ///   - state: the job's state from now on.
    ///   - isAtOnce: whether a waiting job's next attempt is due now.
    func wish(
        _ wish: JobWish, for job: Job, by actor: UserID?, state: JobState, isAtOnce: Bool = false, date: Timestamp
    )
        async throws
    {
        let sql = """
            UPDATE Job SET Wanted = ?, Wanted_By_ID = ?, Wanted_By = ?, State = ?\
            \(isAtOnce ? ", Not_Before = NULL" : ""), Ended_Date = \(state.isOpen ? "NULL" : "?"), Updated_Date = ? \
            WHERE Job_ID = ?
            """
        let command = actor == nil ? database.mainContext?.operatorName : nil
        try await database.execute(
            sql,
            [.text(wish.rawValue), .optionalInteger(actor?.rawValue), .optionalText(command), .text(state.rawValue)]
                + (state.isOpen ? [] : [.timestamp(date)]) + [.timestamp(date), .integer(job.id)])
    }

    /// Ends other jobs of a user who is removed.
    func failOpenJobs(of userID: UserID, because error: String, date: Timestamp) async throws {
        let sql = """
            UPDATE Job SET State = 'failed', Error = ?, Owner = NULL, Lease_Until = NULL, Ended_Date = ?, \
            Updated_Date = ? WHERE User_ID = ? AND \(Self.isOpen)
            """
        try await database.execute(
            sql, [.text(error), .timestamp(date), .timestamp(date), .integer(userID.rawValue)])
    }
}
