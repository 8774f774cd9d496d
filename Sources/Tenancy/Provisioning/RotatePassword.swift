/// Jobs that give a user's login a new password.
struct RotatePassword: JobHandler {
    let kind = JobKind.rotatePassword
    let provisioner: Provisioner

    var steps: [String] { RotationStep.allCases.map(\.rawValue) }
    /// Once the server has the new password there is no way back.
    var abilities: JobAbilities { [.pause, .retry] }
    var isBrief: Bool { true }

    func run(_ run: JobRun) async throws {
        try await withoutCancellation {
            guard let config = try await provisioner.config(of: run) else {
                return try await provisioner.end(run, as: .failed, error: "The user has no database.")
            }
            // Only a job that an operator retries chooses a password anew.
            let isRetried = run.job.state == .queued && config.sealedNextPassword == nil
            try await provisioner.finishRotation(
                of: isRetried ? try await provisioner.reserveRotation(run, of: config.userID) : config, run)
        }
    }

    /// A rotation that was begun is completed.
    func retryDelay(after error: any Error, attempt: Int) -> Duration? { JobDelay.after(attempt) }
}
