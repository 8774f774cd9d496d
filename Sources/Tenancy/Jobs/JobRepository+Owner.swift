/// Claiming jobs, and what their owners write.
///
/// Each write of an owner begins with an UPDATE that names the owner and its attempt. If another process has taken the
/// job over, that UPDATE changes nothing and the write is refused; otherwise it locks the job's row until the
/// transaction ends, so that nobody can take the job over in between.
extension JobRepository {
    /// How long a claim holds without being renewed.
    public static let lease: Duration = .seconds(60)

    private static let held = "Job_ID = ? AND Attempts = ? AND Owner = ? AND State = 'running'"

    private static func held(_ claim: JobClaim) -> [SQLValue] {
        [.integer(claim.id), .integer(Int64(claim.attempt)), .text(claim.owner.text)]
    }

    // MARK: Beginning

    /// Adds a job.
    /// - Parameter owner: who works on it from now on; nil to leave it to whoever takes it first.
    func insert(_ request: JobRequest, owner: JobOwner? = nil, date: Timestamp) async throws -> Job {
        let lease = owner.map { _ in date.adding(Self.lease) }
        let state = owner == nil ? JobState.queued : .running
        let actor = JobActor(
            userID: request.actor, command: request.actor == nil ? database.mainContext?.operatorName : nil)
        let id = try await database.insert(
            into: "Job",
            [
                "Kind": .text(request.kind.rawValue), "User_ID": .optionalInteger(request.userID?.rawValue),
                "State": .text(state.rawValue), "Payload": .optionalText(request.payload),
                "Attempts": .integer(owner == nil ? 0 : 1), "Owner": .optionalText(owner?.text),
                "Lease_Until": .optionalTimestamp(lease), "Lane": .optionalText(request.lane),
                "Total": .optionalInteger(request.total.map(Int64.init)),
                "Parent_Job_ID": .optionalInteger(request.parentID),
                "Actor_ID": .optionalInteger(actor.userID?.rawValue), "Actor": .optionalText(actor.command),
                "Created_Date": .timestamp(date), "Updated_Date": .timestamp(date),
                "Started_Date": .optionalTimestamp(owner == nil ? nil : date),
            ], identity: "Job_ID")
        return Job(
            id: id, kind: request.kind, userID: request.userID, state: state, payload: request.payload, error: nil,
            attempts: owner == nil ? 0 : 1, owner: owner, leaseUntil: lease, notBefore: nil, wish: .run,
            wishedBy: JobActor(), lane: request.lane, total: request.total, done: 0, failed: 0, skipped: 0,
            parentID: request.parentID, actor: actor, createdAt: date, updatedAt: date,
            startedAt: owner == nil ? nil : date, endedAt: nil)
    }

    /// Claims a job in the state in which it was read: of concurrent callers in any process, one succeeds. Whoever had
    /// it can write nothing from then on.
    /// - Returns: nil if it was claimed, changed or ended since.
    func claim(_ job: Job, by owner: JobOwner, date: Timestamp) async throws -> JobClaim? {
        let sql = """
            UPDATE Job SET State = 'running', Attempts = Attempts + 1, Owner = ?, Lease_Until = ?, Not_Before = NULL, \
            Started_Date = COALESCE(Started_Date, ?), Ended_Date = NULL, Updated_Date = ? \
            WHERE Job_ID = ? AND Attempts = ? AND State = ? AND Wanted = ?
            """
        let result = try await database.execute(
            sql,
            [
                .text(owner.text), .timestamp(date.adding(Self.lease)), .timestamp(date), .timestamp(date),
                .integer(job.id), .integer(Int64(job.attempts)), .text(job.state.rawValue), .text(job.wish.rawValue),
            ])
        return result.changes > 0 ? JobClaim(id: job.id, attempt: job.attempts + 1, owner: owner) : nil
    }

    // MARK: Writing

    /// Locks the job's row until the transaction ends. Call it first in a transaction that does the job's work.
    /// - Throws: ``TenancyError`` `jobTakenOver`.
    func require(_ claim: JobClaim, date: Timestamp) async throws {
        guard try await hold(claim, date: date) else { throw Self.takenOver(claim) }
    }

    /// As ``require(_:date:)``.
    /// - Returns: whether the claim still holds.
    func hold(_ claim: JobClaim, date: Timestamp) async throws -> Bool {
        try await update(claim, "Updated_Date = ?", [.timestamp(date)])
    }

    private func update(_ claim: JobClaim, _ change: String, _ values: [SQLValue]) async throws -> Bool {
        let sql = "UPDATE Job SET \(change) WHERE \(Self.held)"
        return try await database.execute(sql, values + Self.held(claim)).changes > 0
    }

    static func takenOver(_ claim: JobClaim) -> TenancyError {
        TenancyError(
            .jobTakenOver,
            "Job \(claim.id) was taken over by another process, or has ended. Look at it: unify job show \(claim.id)")
    }

    /// Keeps other processes from taking the job over.
    /// - Returns: whether the claim still holds.
    func renew(_ claim: JobClaim, until date: Timestamp) async throws -> Bool {
        try await update(claim, "Lease_Until = ?", [.timestamp(date)])
    }

    /// What operators want; nil if the claim no longer holds.
    func wish(for claim: JobClaim) async throws -> JobWish? {
        let sql = "SELECT Wanted FROM Job WHERE \(Self.held)"
        return try await database.fetchOne(sql, Self.held(claim)).flatMap { JobWish(rawValue: try $0.text("Wanted")) }
    }

    /// Records completed steps, unless they are recorded already.
    /// - Parameter detail: the result of these steps.
    /// - Throws: ``TenancyError`` `jobTakenOver`.
    func record(_ steps: [String], detail: String? = nil, of claim: JobClaim, date: Timestamp) async throws {
        try await require(claim, date: date)
        try await add(steps, detail: detail, to: claim.id, date: date)
    }

    /// - Returns: the number of recorded steps.
    @discardableResult
    private func add(_ steps: [String], detail: String? = nil, to id: Int64, date: Timestamp) async throws -> Int {
        let known = Set(try await self.steps(of: [id])[id]?.map(\.name) ?? [])
        let new = steps.filter { !known.contains($0) }
        for step in new { try await insert(step, detail: detail, of: id, date: date) }
        return known.count + new.count
    }

    /// Records a step of a job whose row this transaction has locked, or has inserted.
    func insert(_ step: String, detail: String? = nil, of id: Int64, date: Timestamp) async throws {
        _ = try await database.insert(
            into: "Job_Step",
            [
                "Job_ID": .integer(id), "Step": .text(step), "Detail": .optionalText(detail),
                "Completed_Date": .timestamp(date),
            ],
            identity: "Job_Step_ID")
    }

    /// Adds to the counts of a job, and sets its total if that is known now.
    /// - Throws: ``TenancyError`` `jobTakenOver`.
    func count(_ change: JobCounts, total: Int? = nil, of claim: JobClaim, date: Timestamp) async throws {
        let sets = "Done = Done + ?, Failed = Failed + ?, Skipped = Skipped + ?, Updated_Date = ?"
        let values: [SQLValue] = [
            .integer(Int64(change.done)), .integer(Int64(change.failed)), .integer(Int64(change.skipped)),
            .timestamp(date),
        ]
        let isHeld =
            if let total {
                try await update(claim, "Total = ?, \(sets)", [.integer(Int64(total))] + values)
            } else {
                try await update(claim, sets, values)
            }
        guard isHeld else { throw Self.takenOver(claim) }
    }

    /// Raises the total of a job. Call it in a transaction that has locked the job's row.
    func addToTotal(_ count: Int, of claim: JobClaim) async throws {
        _ = try await update(claim, "Total = COALESCE(Total, 0) + ?", [.integer(Int64(count))])
    }

    // MARK: Ending an attempt

    /// Ends a job and records its steps.
    /// - Throws: ``TenancyError`` `jobTakenOver`.
    func end(
        _ claim: JobClaim, as state: JobState, steps: [String] = [], error: String? = nil, date: Timestamp
    ) async throws {
        guard try await endIfHeld(claim, as: state, steps: steps, error: error, date: date) else {
            throw Self.takenOver(claim)
        }
    }

    /// Ends a job whose work is proven done by what else the transaction writes, unless another process has it; that
    /// one then finds the work done.
    /// - Returns: whether the claim held.
    @discardableResult
    func endIfHeld(
        _ claim: JobClaim, as state: JobState, steps: [String] = [], error: String? = nil, date: Timestamp
    ) async throws -> Bool {
        let isEnded = try await update(
            claim,
            "State = ?, Error = ?, Owner = NULL, Lease_Until = NULL, Wanted = 'run', Ended_Date = ?, Updated_Date = ?",
            [
                .text(state.rawValue), .optionalText(error?.truncated(toUTF16: Self.maxError)), .timestamp(date),
                .timestamp(date),
            ])
        if isEnded, !steps.isEmpty { try await add(steps, to: claim.id, date: date) }
        return isEnded
    }

    /// Gives a job back, for another attempt by any process.
    /// - Parameters:
    ///   - error: why it could not be finished; nil to keep the last reason.
    ///   - notBefore: when to try again; nil for at once.
    func release(_ claim: JobClaim, error: String?, notBefore: Timestamp?, date: Timestamp) async throws {
        let text = error?.truncated(toUTF16: Self.maxError)
        _ = try await update(
            claim,
            "Owner = NULL, Lease_Until = NULL, Error = COALESCE(?, Error), Not_Before = ?, Updated_Date = ?",
            [.optionalText(text), .optionalTimestamp(notBefore), .timestamp(date)])
    }

    /// Puts a job aside until it is resumed. Where the pause has been taken back or has become a cancellation before the
    /// work stopped, gives it back instead.
    func setAside(_ claim: JobClaim, date: Timestamp) async throws {
        let state = "CASE WHEN Wanted = 'pause' THEN 'paused' ELSE 'running' END"
        _ = try await update(
            claim, "State = \(state), Owner = NULL, Lease_Until = NULL, Not_Before = NULL, Updated_Date = ?",
            [.timestamp(date)])
    }
}
