/// Jobs that remove a deleted user for good.
struct PurgeUser: JobHandler {
    let kind = JobKind.purge
    let provisioner: Provisioner

    var steps: [String] { PurgeStep.allCases.map(\.rawValue) }
    /// The secrets are gone from the first step on.
    var abilities: JobAbilities { .pause }
    var isBrief: Bool { true }

    func run(_ run: JobRun) async throws {
        guard let userID = run.job.userID else { return }
        try await withoutCancellation { try await provisioner.finishPurge(of: userID, run) }
    }

    /// A removal that was begun is completed.
    func retryDelay(after error: any Error, attempt: Int) -> Duration? { JobDelay.after(attempt) }
}
