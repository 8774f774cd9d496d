internal import Logging

/// Completes jobs that earlier processes left unfinished. Runs at start, and periodically for those that could not be
/// completed then.
struct Reconciler: Sendable {
    /// The most jobs of one round; the others wait for the next.
    static let maxJobs = 10_000
    /// The most concurrent jobs on one server, or on all files together.
    static let jobsAtOnce = 4

    /// The result of claiming a job.
    enum Outcome {
        case ended, failed
        /// Another process is working on it, or has ended it.
        case taken
    }

    let main: MainDatabase
    let provisioner: Provisioner
    let locks: UserLocks
    /// Called for each user whose job was resumed, whatever the result.
    let changed: @Sendable (UserID) async -> Void
    let logger: Logger

    /// Runs the jobs of each server independently, so that an unreachable server delays only its own.
    /// - Parameter date: only jobs without progress since; nil for all.
    /// - Returns: how many jobs were ended, and how many must wait for the next round.
    func run(before date: Timestamp? = nil) async throws -> (ended: Int, failed: Int) {
        let lanes = try await self.lanes(before: date)
        let outcomes = await withTaskGroup(of: [Outcome].self) { group in
            for jobs in lanes.values { group.addTask { await run(jobs) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        try Task.checkCancellation()
        return (outcomes.count { $0 == .ended }, outcomes.count { $0 == .failed })
    }

    private func lanes(before date: Timestamp?) async throws -> [String: [JobRepository.Job]] {
        var lanes: [String: [JobRepository.Job]] = [:]
        var (last, count) = (Int64(0), 0)
        while count < Self.maxJobs {
            let after = last
            let page = try await main.withDatabase(.read) { database in
                let jobs = try await JobRepository(database).running(after: after, limit: 200)
                let lanes = try await ConfigRepository(database).lanes(of: jobs.compactMap(\.userID))
                return jobs.map { (job: $0, lane: $0.userID.flatMap { lanes[$0] } ?? "") }
            }
            guard let newest = page.last?.job else { break }
            last = newest.id
            for (job, lane) in page where date.map({ job.updatedAt < $0 }) ?? true {
                lanes[lane, default: []].append(job)
                count += 1
            }
        }
        return lanes
    }

    /// Runs the jobs of one server, a few at a time.
    private func run(_ jobs: [JobRepository.Job]) async -> [Outcome] {
        await jobs.concurrentMap(upTo: Self.jobsAtOnce) { Task.isCancelled ? nil : await resume($0) }.compactMap { $0 }
    }

    func resume(_ job: JobRepository.Job) async -> Outcome {
        let outcome = await attempt(job)
        if let userID = job.userID { await changed(userID) }
        return outcome
    }

    private func attempt(_ job: JobRepository.Job) async -> Outcome {
        do {
            guard let userID = job.userID else { return .ended }
            guard try await locks.withLock(userID, { try await provisioner.resume(job) }) else { return .taken }
            logger.notice("a job left behind was brought to its end", metadata: ["job": "\(job.id)"])
            return .ended
        } catch {
            logger.error(
                "a job left behind could not be brought to its end",
                metadata: ["job": "\(job.id)", "error": "\(error)"])
            return .failed
        }
    }
}
