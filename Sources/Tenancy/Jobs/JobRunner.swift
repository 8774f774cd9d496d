internal import Logging
internal import Synchronization

/// Runs the jobs that nobody works on, in lanes: a few at a time on each server, none on one that does not answer.
final class JobRunner: Sendable {
    /// The most jobs at the same time on one server, or on all files together; and of the long ones.
    static let perLane = 4
    /// The most jobs that one process runs at the same time.
    static let maxAtOnce = 64
    /// The time between two looks for jobs.
    static let pause: Duration = .seconds(1)

    /// The result of an attempt.
    enum Outcome {
        case ended, failed
        /// Another process is working on it, or has ended it.
        case taken
        /// It waits: it was paused, or this process ends.
        case stopped
    }

    let main: MainDatabase
    let registry: JobRegistry
    let health: ServerHealth
    let locks: UserLocks
    let logger: Logger
    /// This process, or this manager of several in one.
    let owner = JobOwner.current()
    private let lanes = Lock(JobLanes())

    init(main: MainDatabase, registry: JobRegistry, health: ServerHealth, locks: UserLocks, logger: Logger) {
        self.main = main
        self.registry = registry
        self.health = health
        self.locks = locks
        self.logger = logger
    }

    // MARK: Service

    /// Takes jobs over as they become due, until the task is cancelled.
    /// - Parameter changed: called for each user whose job was run, whatever the result.
    func run(changed: @escaping @Sendable (UserID) async -> Void) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                // Cancelled while sleeping: the loop's condition ends it.
                try? await main.time.sleep(for: Self.pause)
                guard !Task.isCancelled else { break }
                do {
                    for job in try await takeable() {
                        group.addTask { await self.go(job, changed) }
                    }
                } catch {
                    logger.warning("jobs cannot be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Runs what earlier processes left, and returns when each of these jobs has had its attempt.
    func finishWhatWasLeft(changed: @escaping @Sendable (UserID) async -> Void) async throws -> (
        ended: Int, failed: Int
    ) {
        var (outcomes, seen) = ([Outcome](), Set<Int64>())
        while !Task.isCancelled {
            let jobs = try await takeable(except: seen)
            guard !jobs.isEmpty else { break }
            seen.formUnion(jobs.map(\.id))
            outcomes += await withTaskGroup(of: Outcome.self) { group in
                for job in jobs { group.addTask { await self.go(job, changed) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        return (outcomes.count { $0 == .ended }, outcomes.count { $0 == .failed })
    }

    /// Jobs that are due, each entered in its lane.
    private func takeable(except seen: Set<Int64> = []) async throws -> [Job] {
        let (full, room) = lanes.withLock { ($0.full(at: Self.perLane), Self.maxAtOnce - $0.count) }
        guard room > 0 else { return [] }
        let search = JobRepository.Search(
            date: main.time.wallNow, kinds: registry.all.map(\.kind),
            lanesToAvoid: full.union(health.unavailable.filter(health.isAway)), limit: room)
        let found = try await main.withDatabase(.read) { database in
            let jobs = JobRepository(database)
            var found = try await jobs.due(search)
            let known = Set(found.map(\.id))
            let orphans = try await jobs.owners(limit: Self.maxOwnedRead).filter { $0.owner.hasEnded(seenFrom: owner) }
            for id in orphans.map(\.job).prefix(room) where !known.contains(id) {
                // Another process may have taken it over in the meantime.
                guard let job = try await jobs.find(id), job.owner?.hasEnded(seenFrom: owner) == true,
                    registry[job.kind] != nil
                else { continue }
                found.append(job)
            }
            return found.filter { !seen.contains($0.id) }
        }
        return lanes.withLock { lanes in found.filter { lanes.enter($0.lane, limit: Self.perLane) } }
    }

    /// The most running jobs whose owners are looked at.
    static let maxOwnedRead = 1000

    private func go(_ job: Job, _ changed: @Sendable (UserID) async -> Void) async -> Outcome {
        let outcome = await attempt(job)
        lanes.withLock { $0.leave(job.lane) }
        if let userID = job.userID { await changed(userID) }
        return outcome
    }

    // MARK: Attempts

    /// Claims a job, whoever had it, and works on it.
    func attempt(_ job: Job) async -> Outcome {
        do {
            guard let handler = registry[job.kind] else { return .taken }
            guard let userID = job.userID else { return try await claimAndRun(job, handler) }
            return try await locks.withLock(userID) { try await claimAndRun(job, handler) }
        } catch {
            logger.error("a job could not be claimed", metadata: ["job": "\(job.id)", "error": "\(error)"])
            return .failed
        }
    }

    private func claimAndRun(_ job: Job, _ handler: any JobHandler) async throws -> Outcome {
        let date = main.time.wallNow
        let claim = try await main.transaction { try await JobRepository($0).claim(job, by: owner, date: date) }
        guard let claim else { return .taken }
        let run = JobRun(job, claim: claim, main: main, health: health)
        switch job.wish {
        case .pause: run.stop(because: .paused)
        case .cancel: run.stop(because: .cancelled)
        case .run: break
        }
        do {
            try await carryOut(run, handler) {
                try run.checkStop()
                try await handler.run(run)
                try await self.finish(run)
            }
            return .ended
        } catch {
            switch run.stop {
            case .cancelled: return .ended
            case .paused, .shuttingDown: return .stopped
            case .takenOver: return .taken
            case nil: return .failed
            }
        }
    }

    /// Runs the body of a job that this process has claimed, while its lease is renewed and operators' wishes are
    /// noticed. If the body throws, ends the job or leaves it for another attempt.
    /// - Parameters:
    ///   - isWatched: false for work that ends long before its lease, such as on files.
    ///   - body: ends the job with its own last change, or leaves that to ``finish(_:)``.
    /// - Throws: what the body throws.
    func carryOut<Result: Sendable>(
        _ run: JobRun, _ handler: any JobHandler, isWatched: Bool = true,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return isWatched ? try await watching(run, handler, body) : try await body()
        } catch {
            if Task.isCancelled { run.stop(because: .shuttingDown) }
            await conclude(run, handler, error)
            throw error
        }
    }

    /// Ends a job whose work is done, unless the work has ended it.
    func finish(_ run: JobRun) async throws {
        try await withoutCancellation { [self] in
            try await write { try await $0.endIfHeld(run.claim, as: .done, date: $1) }
        }
    }

    private func watching<Result: Sendable>(
        _ run: JobRun, _ handler: any JobHandler, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let watch = JobWatch(run: run, abilities: handler.abilities, logger: logger)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await watch.untilItStops()
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
                // The body notices that its task is cancelled.
                group.cancelAll()
            }
            throw CancellationError()
        }
    }

    /// Ends a job whose attempt failed or was stopped, or leaves it for another one.
    private func conclude(_ run: JobRun, _ handler: any JobHandler, _ error: any Error) async {
        do {
            try await withoutCancellation { [self] in
                switch run.stop {
                case .takenOver: return
                case .paused: try await write { try await $0.setAside(run.claim, date: $1) }
                case .shuttingDown:
                    try await write { try await $0.release(run.claim, error: nil, notBefore: nil, date: $1) }
                case .cancelled: try await undo(run, handler)
                case nil: try await fail(run, handler, error)
                }
            }
        } catch {
            // Its lease will run out.
            logger.warning(
                "the end of an attempt could not be written down",
                metadata: ["job": "\(run.claim.id)", "error": "\(error)"])
        }
    }

    private func undo(_ run: JobRun, _ handler: any JobHandler) async throws {
        do {
            try await handler.undo(run)
        } catch {
            return try await fail(run, handler, error, mayEnd: false)
        }
        try await write { try await $0.endIfHeld(run.claim, as: .cancelled, date: $1) }
    }

    private func fail(_ run: JobRun, _ handler: any JobHandler, _ error: any Error, mayEnd: Bool = true) async throws {
        logger.error("a job failed", metadata: ["job": "\(run.claim.id)", "error": "\(error)"])
        let delay = handler.retryDelay(after: error, attempt: run.claim.attempt)
        guard let delay = delay ?? (mayEnd ? nil : JobDelay.longest) else {
            return try await write { try await $0.endIfHeld(run.claim, as: .failed, error: "\(error)", date: $1) }
        }
        try await write {
            try await $0.release(run.claim, error: "\(error)", notBefore: $1.adding(delay), date: $1)
        }
    }

    private func write(_ body: @Sendable (JobRepository, Timestamp) async throws -> some Any) async throws {
        let date = main.time.wallNow
        _ = try await main.transaction { try await body(JobRepository($0), date) }
    }
}
