/// The rows of `Job_Item`.
///
/// Whatever changes them locks the job's row first by ``JobRepository/require(_:date:)``, so that one process at a time
/// hands out a job's items, and none does whose claim has ended.
public struct JobItemRepository: Sendable {
    private static let columns = """
        Job_Item_ID, Job_ID, Database_UUID, User_ID, Lane, Wave, State, Attempts, Error, Started_Date, Ended_Date
        """

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// A job's items in the order of their numbers.
    /// - Parameters:
    ///   - after: only greater numbers; 0 to start.
    ///   - state: only items in this state; nil for all.
    public func list(of job: Int64, after: Int64, limit: Int, in state: JobItem.State? = nil) async throws -> [JobItem]
    {
        let sql = """
            SELECT \(Self.columns) FROM Job_Item WHERE Job_ID = ?\(state == nil ? "" : " AND State = ?") \
            AND Job_Item_ID > ? ORDER BY Job_Item_ID \(database.dialect.limitClause)
            """
        let parameters: [SQLValue] = [.integer(job)] + (state.map { [.text($0.rawValue)] } ?? [])
        return try await database.fetchAll(sql, parameters + [.integer(after), .integer(Int64(limit))]).map(Self.item)
    }

    /// The greatest user id among a job's items; nil if it has none.
    func lastUser(of job: Int64) async throws -> UserID? {
        let sql = "SELECT MAX(User_ID) AS Newest FROM Job_Item WHERE Job_ID = ?"
        return try await database.fetchOne(sql, [.integer(job)])?.optionalInteger("Newest").flatMap { UserID($0) }
    }

    /// Adds items, except those that the job has.
    /// - Returns: how many are new.
    func add(_ items: [JobItemRequest], to claim: JobClaim, date: Timestamp) async throws -> Int {
        try await JobRepository(database).require(claim, date: date)
        let sql = """
            SELECT Database_UUID FROM Job_Item WHERE Job_ID = ? AND Database_UUID IN (\(SQLStatement.marks(items.count)))
            """
        let known = try await database.fetchAll(
            sql, [.integer(claim.id)] + items.map { .text($0.database.text) })
        var texts = Set(try known.map { try $0.text("Database_UUID") })
        var count = 0
        for item in items where texts.insert(item.database.text).inserted {
            _ = try await database.insert(
                into: "Job_Item",
                [
                    "Job_ID": .integer(claim.id), "Database_UUID": .text(item.database.text),
                    "User_ID": .optionalInteger(item.userID?.rawValue), "Lane": .optionalText(item.lane),
                    "Wave": .integer(Int64(item.wave)), "State": .text(JobItem.State.queued.rawValue),
                ], identity: "Job_Item_ID")
            count += 1
        }
        return count
    }

    /// Hands out items whose turn it is; each goes to one caller only.
    /// - Parameters:
    ///   - lanes: the servers that must not be asked now; an empty text for files.
    ///   - isWanted: whether there is room for an item; those for which there is none stay.
    func take(
        _ limit: Int, wave: Int, of claim: JobClaim, avoiding lanes: Set<String>, date: Timestamp,
        _ isWanted: (JobItem) -> Bool
    ) async throws -> [JobItem] {
        try await JobRepository(database).require(claim, date: date)
        let avoided = JobRepository.condition(avoiding: lanes)
        let sql = """
            SELECT \(Self.columns) FROM Job_Item WHERE Job_ID = ? AND State = 'queued' AND Wave = ?\(avoided.text) \
            ORDER BY Job_Item_ID \(database.dialect.limitClause)
            """
        let items = try await database.fetchAll(
            sql, [.integer(claim.id), .integer(Int64(wave))] + avoided.parameters + [.integer(Int64(limit))]
        ).map(Self.item).filter(isWanted)
        for item in items {
            try await database.execute(
                """
                UPDATE Job_Item SET State = 'running', Attempts = Attempts + 1, Job_Attempt = ?, Started_Date = ? \
                WHERE Job_Item_ID = ?
                """, [.integer(Int64(claim.attempt)), .timestamp(date), .integer(item.id)])
        }
        return items.map { $0.begun(at: date) }
    }

    /// Records how the work on an item ended, and counts it.
    /// - Throws: ``TenancyError`` `jobTakenOver`; then nothing is written.
    func end(_ item: JobItem, _ end: JobItemEnd, of claim: JobClaim, date: Timestamp) async throws {
        try await JobRepository(database).count(end.counts, of: claim, date: date)
        let sql = """
            UPDATE Job_Item SET State = ?, Error = ?, Ended_Date = ? WHERE Job_Item_ID = ? AND State = 'running' \
            AND Job_Attempt = ?
            """
        let result = try await database.execute(
            sql,
            [
                .text(end.state.rawValue),
                .optionalText(end.reason?.truncated(toUTF16: JobRepository.maxError)), .timestamp(date),
                .integer(item.id), .integer(Int64(claim.attempt)),
            ])
        guard result.changes > 0 else { throw JobRepository.takenOver(claim) }
    }

    /// Gives one item back, for another try.
    func putBack(_ item: JobItem, of claim: JobClaim, date: Timestamp) async throws {
        try await JobRepository(database).require(claim, date: date)
        try await database.execute(
            "UPDATE Job_Item SET State = 'queued' WHERE Job_Item_ID = ? AND State = 'running' AND Job_Attempt = ?",
            [.integer(item.id), .integer(Int64(claim.attempt))])
    }

    /// Gives items back that were handed out and not ended: those of earlier attempts, or this one's own.
    func giveBack(_ claim: JobClaim, date: Timestamp) async throws {
        try await JobRepository(database).require(claim, date: date)
        try await database.execute(
            "UPDATE Job_Item SET State = 'queued' WHERE Job_ID = ? AND State = 'running'", [.integer(claim.id)])
    }

    /// How many items of a wave are still to be done.
    func countLeft(of job: Int64, wave: Int) async throws -> Int {
        let sql = """
            SELECT COUNT(*) AS Number FROM Job_Item WHERE Job_ID = ? AND State IN ('queued', 'running') AND Wave = ?
            """
        return Int(try await database.fetchOne(sql, [.integer(job), .integer(Int64(wave))])?.integer("Number") ?? 0)
    }

    /// Gives failed items of a job another try. Call it in a transaction that has locked the job.
    func queueFailed(of job: Int64) async throws -> Int {
        let sql = "UPDATE Job_Item SET State = 'queued', Ended_Date = NULL WHERE Job_ID = ? AND State = 'failed'"
        return Int(try await database.execute(sql, [.integer(job)]).changes)
    }

    private static func item(_ row: Row) throws -> JobItem {
        guard let uuid = DatabaseID(try row.text("Database_UUID")),
            let state = JobItem.State(rawValue: try row.text("State"))
        else {
            throw TenancyError(
                .unexpectedValue,
                "Row \(try row.integer("Job_Item_ID")) of Job_Item has an unknown State or Database_UUID. Was it edited by "
                    + "hand?")
        }
        return JobItem(
            id: try row.integer("Job_Item_ID"), jobID: try row.integer("Job_ID"), database: uuid,
            userID: try row.optionalInteger("User_ID").flatMap { UserID($0) }, lane: try row.optionalText("Lane"),
            wave: Int(try row.integer("Wave")), state: state, attempts: Int(try row.integer("Attempts")),
            error: try row.optionalText("Error"), startedAt: try row.optionalTimestamp("Started_Date"),
            endedAt: try row.optionalTimestamp("Ended_Date"))
    }
}
