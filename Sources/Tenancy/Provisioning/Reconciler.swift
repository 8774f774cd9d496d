internal import Logging

/// Brings the jobs that ended processes left behind to their end. Runs when a process starts, and from time to time for
/// those that could not be ended then.
struct Reconciler: Sendable {
    let main: MainDatabase
    let provisioner: Provisioner
    let locks: UserLocks
    /// Called for each user whose job was resumed, whatever came of it.
    let changed: @Sendable (UserID) async -> Void
    let logger: Logger

    /// - Returns: how many jobs were ended, and how many must wait for the next start.
    /// - Parameter date: only jobs on which nothing has happened since; nil for all.
    func run(before date: Timestamp? = nil) async throws -> (ended: Int, failed: Int) {
        var last: Int64 = 0
        var result = (ended: 0, failed: 0)
        while true {
            let after = last
            let jobs = try await main.withDatabase(.read) {
                try await JobRepository($0).running(after: after, limit: 200)
            }
            guard let newest = jobs.last else { return result }
            last = newest.id
            for job in jobs where date.map({ job.updatedAt < $0 }) ?? true {
                try Task.checkCancellation()
                if await resume(job) { result.ended += 1 } else { result.failed += 1 }
            }
        }
    }

    /// - Returns: whether the job is ended.
    func resume(_ job: JobRepository.Job) async -> Bool {
        let isEnded = await attempt(job)
        if let userID = job.userID { await changed(userID) }
        return isEnded
    }

    private func attempt(_ job: JobRepository.Job) async -> Bool {
        do {
            if let userID = job.userID {
                try await locks.withLock(userID) { try await provisioner.resume(job) }
            }
            logger.notice("a job left behind was brought to its end", metadata: ["job": "\(job.id)"])
            return true
        } catch {
            logger.error(
                "a job left behind could not be brought to its end",
                metadata: ["job": "\(job.id)", "error": "\(error)"])
            return false
        }
    }
}
