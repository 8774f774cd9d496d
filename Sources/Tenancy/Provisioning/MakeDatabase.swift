/// Jobs that make a user's database: for a user who has none, or for one who registers.
struct MakeDatabase: JobHandler {
    let kind: JobKind
    let provisioner: Provisioner

    var steps: [String] { ProvisioningStep.allCases.map(\.rawValue) }
    /// A failed registration was undone together with its user.
    var abilities: JobAbilities { kind == .register ? [.pause, .cancel] : .all }
    var isBrief: Bool { true }

    /// Completes what was begun, or undoes it if that was begun; makes the database anew for a job that is retried.
    func run(_ run: JobRun) async throws {
        try await withoutCancellation { try await resume(run) }
    }

    private func resume(_ run: JobRun) async throws {
        guard let config = try await provisioner.config(of: run) else { return try await beginAgain(run) }
        switch config.state {
        case .provisioning: try await provisioner.complete(config, run)
        case .removing where try await provisioner.isPurging(config.userID):
            try await provisioner.end(run, as: .failed)
        case .removing: try await provisioner.finishUndo(config, run, steps: [], because: "resumed")
        case .active, .suspended: try await provisioner.end(run, as: .done)
        }
    }

    /// A job that was left behind without a config was undone; only one that an operator retries begins anew.
    private func beginAgain(_ run: JobRun) async throws {
        guard let userID = run.job.userID, run.job.state == .queued, kind == .provision,
            try await provisioner.mayHaveDatabase(userID)
        else { return try await provisioner.end(run, as: .failed, error: run.job.error) }
        let config = try await run.transaction { database in
            try await UserRepository(database).lock(userID)
            if let existing = try await ConfigRepository(database).find(userID) { return existing }
            return try await provisioner.insertConfig(userID, .standard, in: database)
        }
        try await provisioner.complete(config, run, inTransaction: auditing(config, run))
    }

    private func auditing(
        _ config: UserDatabaseConfig, _ run: JobRun
    ) -> @Sendable (DatabaseHandle) async throws -> Void {
        { database in
            try await AuditLog(database).append(
                "database.initialize", actor: run.job.wishedBy.userID, userID: config.userID,
                detail: config.placeForAudit, date: run.main.time.wallNow)
        }
    }

    /// Removes what was made, and the user who was about to register.
    func undo(_ run: JobRun) async throws {
        guard let config = try await provisioner.config(of: run) else { return }
        try await provisioner.undo(
            config, run, isUntouched: false, steps: [], because: JobStop.cancelled, as: .cancelled)
    }

    /// What could not be made was undone, and the job has ended; what could not be undone is tried again without end.
    func retryDelay(after error: any Error, attempt: Int) -> Duration? { JobDelay.after(attempt) }
}
