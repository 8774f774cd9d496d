import SQLiteEngine
import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy

/// Jobs of an application's own, on a real main database, with clocks that a test moves.
@Suite(.timeLimit(.minutes(2))) struct JobRunnerTests {
    private struct Planted: Error {}

    /// A job that does what a test says.
    private struct Work: JobHandler {
        var kind = JobKind(rawValue: "work")!
        var steps: [String] = []
        var abilities = JobAbilities.all
        var isBrief = false
        var delay: Duration?
        var undoing: @Sendable (JobRun) async throws -> Void = { _ in }
        let body: @Sendable (JobRun) async throws -> Void

        func run(_ run: JobRun) async throws { try await body(run) }
        func undo(_ run: JobRun) async throws { try await undoing(run) }
        func retryDelay(after error: any Error, attempt: Int) -> Duration? { delay }
    }

    /// Lends a system whose runner is at work, and moves its clock by a second for as long as a condition is awaited.
    private func withRunner(
        _ work: Work, time: ManualTimeSource = ManualTimeSource(), advancing step: Duration = .seconds(1),
        _ body: (TestSystem, _ until: (String, () async throws -> Bool) async throws -> Void) async throws -> Void
    ) async throws {
        try await TestSystem.with(SQLiteEngine(), time: time) { system in
            system.manager.jobs.register(work)
            let running = Task { await system.manager.jobs.runner.run { _ in } }
            try await body(system) { what, isTrue in
                try await eventually(what, within: .seconds(60)) {
                    time.advance(by: step)
                    return try await isTrue()
                }
            }
            running.cancel()
            await running.value
        }
    }

    private static func state(_ job: Job, _ system: TestSystem) async throws -> JobState {
        try await system.manager.jobs.show(job.id).job.state
    }

    @Test func aJobIsTakenUpAndItsStepsAreDoneOnce() async throws {
        let log = Lock<[String]>([])
        let work = Work(steps: ["one", "two"], delay: .seconds(5)) { run in
            let first = try await run.step("one") {
                log.withLock { $0.append("one") }
                return "result"
            }
            log.withLock { $0.append("after \(first ?? "nothing")") }
            if run.claim.attempt == 1 { throw Planted() }
            try await run.step("two") { nil }
        }
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind, payload: "{}"))
            try await until("the second attempt ends it") { try await Self.state(job, system) == .done }
            let report = try await system.manager.jobs.show(job.id)
            #expect(log.withLock { $0 } == ["one", "after result", "after result"])
            #expect(report.steps.map(\.name) == ["one", "two"])
            #expect(report.steps.first?.detail == "result")
            #expect(report.job.attempts == 2)
            #expect((report.progress.done, report.progress.total) == (2, 2))
            #expect(report.job.owner == nil && report.job.endedAt != nil)
            #expect(report.waiting == nil && report.actions.isEmpty)
        }
    }

    @Test func aJobWithoutAnotherAttemptHasFailedAndIsRetried() async throws {
        let mayEnd = Atomic(false)
        let work = Work { _ in if !mayEnd.load(ordering: .relaxed) { throw Planted() } }
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("it has failed") { try await Self.state(job, system) == .failed }
            #expect(try await system.manager.jobs.show(job.id).job.error?.contains("Planted") == true)
            mayEnd.store(true, ordering: .relaxed)
            #expect(try await system.manager.retryJob(job.id) == .begun)
            try await until("it is done") { try await Self.state(job, system) == .done }
            #expect(try await system.manager.retryJob(job.id) == .ended)
        }
    }

    /// Waits until its task is cancelled.
    private static let endless: @Sendable (JobRun) async throws -> Void = { run in
        try await run.step("begin") { nil }
        try await Task.sleep(for: .seconds(3600))
    }

    @Test func whatIsPausedStopsAndGoesOn() async throws {
        let mayEnd = Atomic(false)
        let work = Work { run in if !mayEnd.load(ordering: .relaxed) { try await Self.endless(run) } }
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("it has begun") { try await !system.manager.jobs.show(job.id).steps.isEmpty }
            let asked = try await system.manager.jobs.apply(.pause, to: job.id, actor: 7)
            #expect(asked.job.state == .running)
            #expect(asked.waiting == .pausing(by: JobActor(userID: 7)))
            try await until("it has stopped") { try await Self.state(job, system) == .paused }
            let paused = try await system.manager.jobs.show(job.id)
            #expect(paused.waiting == .paused(by: JobActor(userID: 7)))
            #expect(paused.actions == [.resume, .cancel])
            mayEnd.store(true, ordering: .relaxed)
            _ = try await system.manager.jobs.apply(.resume, to: job.id)
            try await until("it is done") { try await Self.state(job, system) == .done }
            let actions = try await system.main.withDatabase(.read) {
                try await AuditLog($0).list(before: nil, limit: 10)
            }.filter { $0.action.hasPrefix("job.") }
            #expect(actions.map(\.action) == ["job.resume", "job.pause"])
            #expect(actions.map(\.actor) == [nil, 7])
        }
    }

    /// The operator decides otherwise while the work that is to pause cannot stop yet.
    @Test(arguments: [(JobAction.cancel, JobState.cancelled), (.resume, .done)])
    func aPauseThatIsTakenBackLeavesNothingBehind(action: JobAction, state: JobState) async throws {
        let hasNoticed = Atomic(false)
        let mayStop = Atomic(false)
        let work = Work { run in
            guard !mayStop.load(ordering: .relaxed) else { return }
            try await run.step("begin") { nil }
            while run.stop == nil { await Task.yield() }
            hasNoticed.store(true, ordering: .relaxed)
            while !mayStop.load(ordering: .relaxed) { await Task.yield() }
            throw CancellationError()
        }
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("it has begun") { try await !system.manager.jobs.show(job.id).steps.isEmpty }
            _ = try await system.manager.jobs.apply(.pause, to: job.id)
            try await until("it is to pause") { hasNoticed.load(ordering: .relaxed) }
            _ = try await system.manager.jobs.apply(action, to: job.id)
            mayStop.store(true, ordering: .relaxed)
            try await until("it has ended") { try await Self.state(job, system) == state }
        }
    }

    @Test func whatIsCancelledIsUndone() async throws {
        let undone = Atomic(0)
        let work = Work(
            undoing: { _ in undone.wrappingAdd(1, ordering: .relaxed) }, body: Self.endless)
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("it has begun") { try await !system.manager.jobs.show(job.id).steps.isEmpty }
            _ = try await system.manager.jobs.apply(.cancel, to: job.id)
            try await until("it has stopped") { try await Self.state(job, system) == .cancelled }
            #expect(undone.load(ordering: .relaxed) == 1)
            // What nobody has begun needs no undoing.
            let other = try await system.manager.jobs.begin(JobRequest(.repair))
            let cancelled = try await system.manager.jobs.apply(.cancel, to: other.id)
            #expect(cancelled.job.state == .cancelled)
            let error = await #expect(throws: TenancyError.self) {
                try await system.manager.jobs.apply(.cancel, to: other.id)
            }
            #expect(error?.code == .jobStateConflict)
            let missing = await #expect(throws: TenancyError.self) { try await system.manager.jobs.show(999) }
            #expect(missing?.code == .jobNotFound)
        }
    }

    /// A process that was taken for dead, and wakes up.
    @Test func whatWasTakenOverStopsAndWritesNothing() async throws {
        let errors = Lock<[JobStop?]>([])
        let work = Work { run in
            do {
                try await Self.endless(run)
            } catch {
                errors.withLock { $0.append(run.stop) }
                await #expect(throws: TenancyError.self) { try await run.record(["late"]) }
                throw error
            }
        }
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("it has begun") { try await !system.manager.jobs.show(job.id).steps.isEmpty }
            let elsewhere = JobOwner(host: "elsewhere", process: 1, machine: "n", number: "1")
            let date = system.main.time.wallNow.adding(.seconds(3600))
            let claim = try await system.main.transaction { database in
                let seen = try #require(try await JobRepository(database).find(job.id))
                return try #require(try await JobRepository(database).claim(seen, by: elsewhere, date: date))
            }
            try await until("it has noticed") { !errors.withLock { $0.isEmpty } }
            #expect(errors.withLock { $0 } == [.takenOver])
            let report = try await system.manager.jobs.show(job.id)
            #expect(report.job.owner == elsewhere && report.job.attempts == claim.attempt)
            #expect(report.steps.map(\.name) == ["begin"])
        }
    }

    @Test(arguments: [true, false]) func aJobIsTakenOverFromWhoHasEndedAtOnceAndOtherwiseAfterItsLease(isHere: Bool)
        async throws
    {
        let time = ManualTimeSource()
        let work = Work { _ in }
        let me = JobOwner.current()
        try #require(me.machine != "unknown")
        let dead = JobOwner(host: "h", process: 2_000_000_000, machine: isHere ? me.machine : "elsewhere", number: "1")
        try await withRunner(work, time: time) { system, until in
            let began = time.monotonicNow
            let date = time.wallNow
            let job = try await system.main.transaction {
                try await JobRepository($0).insert(JobRequest(work.kind), owner: dead, date: date)
            }
            try await until("it is done") { try await Self.state(job, system) == .done }
            let waited = time.monotonicNow - began
            #expect(isHere ? waited < JobRepository.lease : waited > JobRepository.lease)
        }
    }

    // MARK: Items

    /// Each item once, few at a time on each server, and in memory only those at work.
    @Test func aJobOverManyDatabasesTakesEachOnce() async throws {
        struct Seen {
            var times: [DatabaseID: Int] = [:]
            var lanes: [String: Int] = [:]
            var most = 0
            var mostOfALane = 0
        }
        let seen = Lock(Seen())
        let count = 1200
        let work = Work { run in
            for start in stride(from: 0, to: count, by: JobRun.maxItemsAtOnce) {
                let items = (start..<min(start + JobRun.maxItemsAtOnce, count)).map {
                    JobItemRequest(
                        .random(), userID: UserID(Int64($0 + 1)), lane: $0 % 3 == 0 ? nil : "db\($0 % 3)", wave: $0 % 2)
                }
                try await run.addItems(items)
            }
            for wave in 0..<2 {
                let ended = try await run.forEachItem(wave: wave, .init(atOnce: 6, perServer: 3)) { item in
                    seen.withLock { seen in
                        seen.times[item.database, default: 0] += 1
                        seen.lanes[item.lane ?? "", default: 0] += 1
                        seen.most = max(seen.most, seen.lanes.values.reduce(0, +))
                        seen.mostOfALane = max(seen.mostOfALane, seen.lanes.values.max() ?? 0)
                    }
                    await Task.yield()
                    seen.withLock { $0.lanes[item.lane ?? "", default: 0] -= 1 }
                    if item.userID == 10 { throw Planted() }
                    return item.userID == 20 ? .skipped(because: "nothing to do") : .done
                }
                #expect(ended.ended == count / 2)
            }
        }
        // Slowly enough that the owner's lease is renewed in time on any machine.
        try await withRunner(work, advancing: .milliseconds(50)) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("all items have ended") { try await Self.state(job, system) == .done }
            let report = try await system.manager.jobs.show(job.id)
            #expect((report.progress.total, report.progress.done) == (count, count - 2))
            #expect((report.progress.failed, report.progress.skipped) == (1, 1))
            seen.withLock { seen in
                #expect(seen.times.count == count && seen.times.values.allSatisfy { $0 == 1 })
                #expect(seen.most <= 6 && seen.mostOfALane <= 3)
            }
            let failed = try await system.manager.jobs.items(of: job.id, in: .failed, limit: 10)
            #expect(failed.map(\.userID) == [10])
            #expect(failed.first?.error?.contains("Planted") == true)
        }
    }

    /// Items that were under way are given out again; those that ended are not.
    @Test func aPausedJobGoesOnWhereItWas() async throws {
        let seen = Lock<[Int64: Int]>([:])
        let once = Work { run in
            if try await run.lastItemUser() == nil {
                try await run.addItems((1...20).map { JobItemRequest(.random(), userID: UserID(Int64($0))) })
            }
            _ = try await run.forEachItem(wave: 0, .init(atOnce: 2, perServer: 2)) { item in
                let id = item.userID?.rawValue ?? 0
                seen.withLock { $0[id, default: 0] += 1 }
                if id >= 11, run.claim.attempt == 1 { try await Task.sleep(for: .seconds(3600)) }
                return .done
            }
        }
        try await withRunner(once) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(once.kind))
            try await until("ten have ended") { try await system.manager.jobs.show(job.id).job.done == 10 }
            _ = try await system.manager.jobs.apply(.pause, to: job.id)
            try await until("it has stopped") { try await Self.state(job, system) == .paused }
            _ = try await system.manager.jobs.apply(.resume, to: job.id)
            try await until("it is done") { try await Self.state(job, system) == .done }
            #expect(try await system.manager.jobs.show(job.id).job.done == 20)
            let times = seen.withLock { $0 }
            #expect((1...10).allSatisfy { times[$0] == 1 }, "what had ended was not done again")
            #expect((11...12).allSatisfy { times[$0] == 2 } && (13...20).allSatisfy { times[$0] == 1 })
        }
    }

    @Test func aServerThatIsAwayHoldsUpItsOwnItemsOnly() async throws {
        let isAway = Atomic(true)
        let work = Work { run in
            try await run.addItems(
                (1...8).map { JobItemRequest(.random(), userID: UserID(Int64($0)), lane: $0 <= 4 ? "dead" : nil) })
            _ = try await run.forEachItem(wave: 0, .init(atOnce: 4, perServer: 2)) { item in
                guard item.lane == "dead", isAway.load(ordering: .relaxed) else { return .done }
                throw TenancyError(.serverUnavailable, "It does not answer.")
            }
        }
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("the others have ended") { try await system.manager.jobs.show(job.id).job.done == 4 }
            isAway.store(false, ordering: .relaxed)
            try await until("it is done") { try await Self.state(job, system) == .done }
            let report = try await system.manager.jobs.show(job.id)
            #expect((report.job.done, report.job.failed) == (8, 0))
        }
    }

    @Test func tooManyFailuresStopAWaveAndAreTriedAgain() async throws {
        let isBroken = Atomic(true)
        let work = Work { run in
            if try await run.lastItemUser() == nil {
                try await run.addItems((1...30).map { JobItemRequest(.random(), userID: UserID(Int64($0))) })
            }
            let limits = JobRun.ItemLimits(atOnce: 1, perServer: 1, maxFailures: 2)
            let ended = try await run.forEachItem(wave: 0, limits) { _ in
                if isBroken.load(ordering: .relaxed) { throw Planted() }
                return .done
            }
            guard ended.failed <= 2 else { throw Planted() }
        }
        try await withRunner(work) { system, until in
            let job = try await system.manager.jobs.begin(JobRequest(work.kind))
            try await until("it has failed") { try await Self.state(job, system) == .failed }
            #expect(try await system.manager.jobs.show(job.id).job.failed == 3)
            isBroken.store(false, ordering: .relaxed)
            _ = try await system.manager.jobs.apply(.retry, to: job.id)
            try await until("it is done") { try await Self.state(job, system) == .done }
            let report = try await system.manager.jobs.show(job.id)
            #expect((report.job.done, report.job.failed) == (30, 0))
        }
    }
}
