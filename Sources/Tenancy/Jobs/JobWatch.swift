internal import Logging

/// Renews a job's lease while it is worked on, and notices what operators want of it.
struct JobWatch: Sendable {
    /// The time between two looks at the job's row.
    static let interval: Duration = .seconds(1)
    /// The time after which the lease is renewed.
    static let renewal: Duration = .seconds(15)
    /// Without news from the main database, the work stops so long before others may take it over.
    static let margin: Duration = .seconds(5)

    let run: JobRun
    let abilities: JobAbilities
    let logger: Logger

    /// Returns when the work must stop; the run has the reason. Returns too when its task is cancelled.
    func untilItStops() async {
        let time = run.main.time
        var renewedAt = time.monotonicNow
        while true {
            do {
                try await time.sleep(for: Self.interval)
            } catch {
                // The work has ended.
                return
            }
            do {
                if let stop = try await reason() {
                    run.stop(because: stop)
                    return
                }
                if time.monotonicNow - renewedAt >= Self.renewal {
                    let now = time.monotonicNow
                    try await renew()
                    renewedAt = now
                }
            } catch {
                logger.warning(
                    "a job's lease could not be renewed", metadata: ["job": "\(run.claim.id)", "error": "\(error)"])
            }
            if time.monotonicNow - renewedAt > JobRepository.lease - Self.margin {
                run.stop(because: .takenOver)
                return
            }
        }
    }

    private func reason() async throws -> JobStop? {
        switch try await run.main.withDatabase(.read, { try await JobRepository($0).wish(for: run.claim) }) {
        case nil: .takenOver
        case .pause where abilities.contains(.pause): .paused
        case .cancel where abilities.contains(.cancel): .cancelled
        case .run, .pause, .cancel: nil
        }
    }

    private func renew() async throws {
        let until = run.main.time.wallNow.adding(JobRepository.lease)
        _ = try await run.main.transaction { try await JobRepository($0).renew(run.claim, until: until) }
    }
}
