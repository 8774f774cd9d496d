/// One way through the items of a wave: a few at a time, few on each server, each taken when there is room for it.
struct JobItemWalk: Sendable {
    /// The time between two looks at items that wait for a server.
    static let pause: Duration = .seconds(1)
    /// How often an item is tried whose server does not answer.
    static let maxAttempts = 20

    let run: JobRun
    let wave: Int
    let limits: JobRun.ItemLimits
    let body: @Sendable (JobItem) async throws -> JobItemEnd

    func go() async throws -> JobCounts {
        try await withThrowingTaskGroup(of: (lane: String?, end: JobItemEnd?).self) { group in
            var (lanes, rests, counts) = (JobLanes(), JobLaneRests(), JobCounts())
            while true {
                try run.checkStop()
                let mayGoOn = limits.maxFailures.map { counts.failed <= $0 } ?? true
                if mayGoOn { for item in try await take(&lanes, rests) { group.addTask { try await work(on: item) } } }
                if let ended = try await group.next() {
                    lanes.leave(ended.lane)
                    if let end = ended.end {
                        counts = counts + end.counts
                        if let lane = ended.lane { rests.succeed(lane) }
                    } else if let lane = ended.lane {
                        rests.fail(lane, now: run.main.time.monotonicNow)
                    }
                } else {
                    guard mayGoOn, try await isAnythingLeft() else { return counts }
                    // Every item that is left needs a server that is away.
                    try await run.main.time.sleep(for: Self.pause)
                }
            }
        }
    }

    /// Takes as many items as there is room for.
    private func take(_ lanes: inout JobLanes, _ rests: JobLaneRests) async throws -> [JobItem] {
        var (taken, away) = ([JobItem](), Set<String>())
        while lanes.count < limits.atOnce, away.count < JobLanes.maxAvoided {
            let (known, wereAway) = (lanes, away)
            let (date, now) = (run.main.time.wallNow, run.main.time.monotonicNow)
            let step = try await run.transaction { database in
                var (lanes, away) = (known, wereAway)
                let items = try await JobItemRepository(database).take(
                    limits.atOnce - lanes.count, wave: wave, of: run.claim,
                    avoiding: lanes.full(at: limits.perServer).union(away), date: date
                ) { item in
                    if let lane = item.lane, run.isAway(lane) || rests.isResting(lane, now: now) {
                        away.insert(lane)
                        return false
                    }
                    return lanes.enter(item.lane, limit: limits.perServer)
                }
                return (items: items, lanes: lanes, away: away)
            }
            if step.items.isEmpty, step.away.count == wereAway.count { break }
            (lanes, away) = (step.lanes, step.away)
            taken += step.items
        }
        return taken
    }

    /// - Returns: no end for an item that waits for its server.
    private func work(on item: JobItem) async throws -> (lane: String?, end: JobItemEnd?) {
        let end: JobItemEnd?
        do {
            try run.checkStop()
            end = try await body(item)
        } catch {
            // An item that was stopped is given out again; its failure is not its own.
            try run.checkStop()
            try Task.checkCancellation()
            end =
                item.lane != nil && Self.isServersFault(error) && item.attempts < Self.maxAttempts
                ? nil : .failed(because: "\(error)")
        }
        let date = run.main.time.wallNow
        try await run.transaction { database in
            let items = JobItemRepository(database)
            guard let end else { return try await items.putBack(item, of: run.claim, date: date) }
            try await items.end(item, end, of: run.claim, date: date)
        }
        return (item.lane, end)
    }

    private static func isServersFault(_ error: any Error) -> Bool {
        guard let code = (error as? TenancyError)?.code else { return false }
        return code == .connectionFailed || code == .serverUnavailable
    }

    private func isAnythingLeft() async throws -> Bool {
        try await run.main.withDatabase(.read) {
            try await JobItemRepository($0).countLeft(of: run.claim.id, wave: wave)
        } > 0
    }
}
