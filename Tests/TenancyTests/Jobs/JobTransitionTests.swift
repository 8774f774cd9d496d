import Testing

@testable import Tenancy

/// What operators can do to jobs, by a table.
@Suite struct JobTransitionTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    private static func job(
        _ state: JobState, _ wish: JobWish = .run, isOwned: Bool = false, hasBegun: Bool = true
    ) -> Job {
        let owner = isOwned ? JobOwner(host: "h", process: 1, machine: "m", number: "n") : nil
        return Job(
            id: 1, kind: .provision, userID: nil, state: state, payload: nil, error: nil, attempts: 1, owner: owner,
            leaseUntil: isOwned ? now : nil, notBefore: nil, wish: wish, wishedBy: JobActor(), lane: nil, total: nil,
            done: 0, failed: 0, skipped: 0, parentID: nil, actor: JobActor(), createdAt: now, updatedAt: now,
            startedAt: hasBegun ? now : nil, endedAt: nil)
    }

    private struct Case {
        let action: JobAction
        let job: Job
        var abilities: JobAbilities = .all
        /// The state and wish afterwards; nil if it is refused.
        let result: (JobState, JobWish)?
    }

    private static let cases: [Case] = [
        Case(action: .pause, job: job(.queued), result: (.paused, .pause)),
        Case(action: .pause, job: job(.running, isOwned: true), result: (.running, .pause)),
        Case(action: .pause, job: job(.running), result: (.paused, .pause)),
        Case(action: .pause, job: job(.running, isOwned: true), abilities: .cancel, result: nil),
        Case(action: .pause, job: job(.paused, .pause), result: nil),
        Case(action: .pause, job: job(.running, .pause, isOwned: true), result: nil),
        Case(action: .pause, job: job(.running, .cancel, isOwned: true), result: nil),
        Case(action: .pause, job: job(.done), result: nil),
        Case(action: .resume, job: job(.paused, .pause), result: (.queued, .run)),
        Case(action: .resume, job: job(.running, .pause, isOwned: true), result: (.running, .run)),
        Case(action: .resume, job: job(.running, isOwned: true), result: nil),
        Case(action: .resume, job: job(.failed), result: nil),
        Case(action: .cancel, job: job(.queued, hasBegun: false), result: (.cancelled, .cancel)),
        Case(action: .cancel, job: job(.queued), result: (.queued, .cancel)),
        Case(action: .cancel, job: job(.running, hasBegun: false), result: (.running, .cancel)),
        Case(action: .cancel, job: job(.running, isOwned: true), result: (.running, .cancel)),
        Case(action: .cancel, job: job(.paused, .pause), result: (.queued, .cancel)),
        Case(action: .cancel, job: job(.running), abilities: .pause, result: nil),
        Case(action: .cancel, job: job(.running, .cancel), result: nil),
        Case(action: .cancel, job: job(.failed), result: nil),
        Case(action: .retry, job: job(.failed), result: (.queued, .run)),
        Case(action: .retry, job: job(.cancelled), result: (.queued, .run)),
        Case(action: .retry, job: job(.failed), abilities: .pause, result: nil),
        Case(action: .retry, job: job(.running), abilities: .pause, result: (.running, .run)),
        Case(action: .retry, job: job(.running, isOwned: true), result: nil),
        Case(action: .retry, job: job(.done), result: nil),
        Case(action: .retry, job: job(.paused, .pause), result: nil),
    ]

    @Test(arguments: cases.indices) func whatAnActionMakesOfAJob(index: Int) {
        let example = Self.cases[index]
        let next = JobTransition(example.action, of: example.job, abilities: example.abilities, now: Self.now)
        #expect(next?.state == example.result?.0, "\(example)")
        #expect(next?.wish == example.result?.1, "\(example)")
    }

    @Test func aLeaseHoldsUpToItsMillisecond() {
        let job = Self.job(.running, isOwned: true)
        #expect(job.isOwned(at: Self.now))
        #expect(!job.isOwned(at: Self.now.adding(.milliseconds(1))))
    }
}
