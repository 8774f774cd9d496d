import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy

/// A process whose job another one has taken over can write nothing in its name, on every engine.
@Suite(.timeLimit(.minutes(10))) struct JobFencingTests {
    private static func owner(_ name: String) -> JobOwner {
        JobOwner(host: name, process: 1, machine: "m", number: name)
    }

    /// Everything that an owner writes.
    private static let writes:
        [(name: String, write: @Sendable (DatabaseHandle, JobClaim, JobItem, Timestamp) async throws -> Void)] = [
            ("hold", { try await JobRepository($0).require($1, date: $3) }),
            ("step", { try await JobRepository($0).record(["one"], of: $1, date: $3) }),
            ("count", { try await JobRepository($0).count(JobCounts(done: 1), total: 9, of: $1, date: $3) }),
            ("renewal", { _ = try await JobRepository($0).renew($1, until: $3.adding(.seconds(600))) }),
            ("end", { try await JobRepository($0).end($1, as: .done, steps: ["two"], date: $3) }),
            ("failure", { try await JobRepository($0).endIfHeld($1, as: .failed, error: "late", date: $3) }),
            ("release", { try await JobRepository($0).release($1, error: "late", notBefore: nil, date: $3) }),
            ("pause", { try await JobRepository($0).setAside($1, date: $3) }),
            ("new items", { _ = try await JobItemRepository($0).add([JobItemRequest(.random())], to: $1, date: $3) }),
            (
                "taking items",
                { _ = try await JobItemRepository($0).take(9, wave: 0, of: $1, avoiding: [], date: $3) { _ in true } }
            ),
            ("end of an item", { try await JobItemRepository($0).end($2, .done, of: $1, date: $3) }),
            ("giving items back", { try await JobItemRepository($0).giveBack($1, date: $3) }),
            ("putting one item back", { try await JobItemRepository($0).putBack($2, of: $1, date: $3) }),
        ]

    /// All that is stored about jobs, as text.
    private static func contents(_ system: TestSystem) async throws -> [String] {
        try await system.main.withDatabase(.read) { database in
            var rows: [String] = []
            for sql in [
                "SELECT \(JobRepository.columns) FROM Job ORDER BY Job_ID",
                "SELECT Job_ID, Step, Detail FROM Job_Step ORDER BY Job_Step_ID",
                "SELECT Database_UUID, State, Attempts, Job_Attempt, Error FROM Job_Item ORDER BY Job_Item_ID",
            ] { rows += try await database.fetchAll(sql).map { "\($0)" } }
            return rows
        }
    }

    @Test(arguments: TestPlace.all) func whatWasTakenOverIsWrittenByNobodyElse(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let (first, second) = (Self.owner("first"), Self.owner("second"))
            let date = system.main.time.wallNow
            let (job, claim) = try await system.main.transaction { database in
                let job = try await JobRepository(database).insert(
                    JobRequest(.repair, total: 3), owner: first, date: date)
                return (job, JobClaim(id: job.id, attempt: job.attempts, owner: first))
            }
            let item = try await system.main.transaction { database in
                let items = JobItemRepository(database)
                _ = try await items.add([JobItemRequest(.random()), JobItemRequest(.random())], to: claim, date: date)
                let taken = try await items.take(1, wave: 0, of: claim, avoiding: [], date: date) { _ in true }
                return try #require(taken.first)
            }
            let next = try await system.main.transaction { database in
                let seen = try #require(try await JobRepository(database).find(job.id))
                return try #require(try await JobRepository(database).claim(seen, by: second, date: date))
            }
            #expect(next.attempt == claim.attempt + 1)
            // Also one who has the number of the attempt, but is another process.
            let forged = JobClaim(id: job.id, attempt: next.attempt, owner: first)
            let before = try await Self.contents(system)
            for (name, write) in Self.writes {
                for late in [claim, forged] {
                    do {
                        try await system.main.transaction { try await write($0, late, item, date.adding(.seconds(1))) }
                    } catch let error as TenancyError where error.code == .jobTakenOver {
                        // As it ought to be.
                    }
                    #expect(try await Self.contents(system) == before, "\(name) by \(late)")
                }
            }
            // The control: the owner writes each of them. An ended job is begun anew for the next.
            for (name, write) in Self.writes {
                let held = try await system.main.transaction { database in
                    _ = try await database.execute(
                        "UPDATE Job SET State = 'queued' WHERE Job_ID = ?", [.integer(job.id)])
                    _ = try await database.execute(
                        "UPDATE Job_Item SET State = 'queued' WHERE Job_ID = ?", [.integer(job.id)])
                    let seen = try #require(try await JobRepository(database).find(job.id))
                    return try #require(try await JobRepository(database).claim(seen, by: second, date: date))
                }
                let taken = try await system.main.transaction { database in
                    try await JobItemRepository(database).take(1, wave: 0, of: held, avoiding: [], date: date) { _ in
                        true
                    }
                }
                let own = try await Self.contents(system)
                try await system.main.transaction {
                    try await write($0, held, try #require(taken.first), date.adding(.seconds(2)))
                }
                #expect(try await Self.contents(system) != own, "\(name)")
            }
        }
    }

    @Test(arguments: TestPlace.all) func ofManyWhoClaimAJobOneHasIt(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let date = system.main.time.wallNow
            let job = try await system.main.transaction {
                try await JobRepository($0).insert(JobRequest(.repair), date: date)
            }
            let claims = await withTaskGroup(of: JobClaim?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        // A server may refuse one of two who change the same row.
                        try? await system.main.transaction {
                            try await JobRepository($0).claim(job, by: Self.owner("\(number)"), date: date)
                        }
                    }
                }
                return await group.reduce(into: [JobClaim]()) { if let claim = $1 { $0.append(claim) } }
            }
            #expect(claims.count == 1)
            #expect(claims.first?.attempt == 1)
        }
    }

    // MARK: Random walk

    /// What a job is according to the rules, beside what is stored.
    private struct Model {
        var attempt = 0
        /// Who has it, and whether the claim still holds.
        var holder: JobClaim?
        var steps: Set<String> = []
        var done = 0
        var ended: Set<Int64> = []
        var leaseUntil = Timestamp(milliseconds: 0)
    }

    /// Two processes that race for a job, die, are taken over, and wake up again with what they had in mind.
    @Test(arguments: TestPlace.all, [1, 2, 3] as [UInt64])
    func twoOwnersWhoRaceAndDie(place: TestPlace, seed: UInt64) async throws {
        try await TestSystem.with(place) { system in
            var random = SeededGenerator(seed: seed)
            let owners = [Self.owner("a"), Self.owner("b")]
            var date = system.main.time.wallNow
            let id = try await system.main.transaction {
                try await JobRepository($0).insert(JobRequest(.repair), date: date).id
            }
            var (model, claims, handed) = (Model(), [JobClaim](), [(claim: JobClaim, item: JobItem)]())
            var refused = 0
            for _ in 0..<(place.server == nil ? 300 : 80) {
                date = date.adding(.seconds(Int.random(in: 0...40, using: &random)))
                let now = date
                if claims.isEmpty || Int.random(in: 0..<5, using: &random) == 0 {
                    let owner = owners[Int.random(in: 0..<2, using: &random)]
                    let claim = try await system.main.transaction { database -> JobClaim? in
                        let due = try await JobRepository(database).due(.init(date: now))
                        guard let job = due.first(where: { $0.id == id }) else { return nil }
                        return try await JobRepository(database).claim(job, by: owner, date: now)
                    }
                    let mayBeTaken = model.holder == nil || model.leaseUntil < now
                    #expect((claim != nil) == mayBeTaken, "only what nobody has, or what is overdue")
                    guard let claim else { continue }
                    model.attempt += 1
                    #expect(claim.attempt == model.attempt)
                    (model.holder, model.leaseUntil) = (claim, now.adding(JobRepository.lease))
                    claims.append(claim)
                    continue
                }
                // Any process that ever had it may be the one that acts now.
                let actor = claims[Int.random(in: 0..<claims.count, using: &random)]
                let isHolder = actor == model.holder
                var wasRefused = false
                let act = Int.random(in: 0..<6, using: &random)
                let step = "step \(Int.random(in: 0..<9, using: &random))"
                let mine = handed.filter { $0.claim == actor && !model.ended.contains($0.item.id) }.map(\.item)
                let chosen = mine.randomElement(using: &random)
                do {
                    switch act {
                    case 0:
                        try await system.main.transaction {
                            try await JobRepository($0).record([step], of: actor, date: now)
                        }
                    case 1:
                        try await system.main.transaction {
                            try await JobRepository($0).count(JobCounts(done: 1), of: actor, date: now)
                        }
                    case 2:
                        let items = try await system.main.transaction { database in
                            let items = JobItemRepository(database)
                            _ = try await items.add([JobItemRequest(.random())], to: actor, date: now)
                            return try await items.take(2, wave: 0, of: actor, avoiding: [], date: now) { _ in true }
                        }
                        #expect(items.allSatisfy { taken in !handed.contains { $0.item.id == taken.id } }, "once only")
                        handed += items.map { (actor, $0) }
                    case 3:
                        guard let chosen else { continue }
                        try await system.main.transaction {
                            try await JobItemRepository($0).end(chosen, .done, of: actor, date: now)
                        }
                    case 4:
                        wasRefused = try await system.main.transaction {
                            try await !JobRepository($0).renew(actor, until: now.adding(JobRepository.lease))
                        }
                    default:
                        try await system.main.transaction {
                            try await JobRepository($0).release(actor, error: "died", notBefore: nil, date: now)
                        }
                        if isHolder { model.holder = nil }
                        continue
                    }
                } catch let error as TenancyError where error.code == .jobTakenOver {
                    wasRefused = true
                }
                #expect(
                    wasRefused == !isHolder, "act \(act) of \(actor), while \(String(describing: model.holder)) has it")
                guard isHolder else {
                    refused += 1
                    continue
                }
                switch act {
                case 0: model.steps.insert(step)
                case 1: model.done += 1
                case 3:
                    model.done += 1
                    if let chosen { model.ended.insert(chosen.id) }
                case 4: model.leaseUntil = now.adding(JobRepository.lease)
                default: break
                }
            }
            let (job, steps, ended) = try await system.main.withDatabase(.read) { database in
                (
                    try await JobRepository(database).find(id), try await JobRepository(database).steps(of: [id]),
                    try await JobItemRepository(database).list(of: id, after: 0, limit: 10_000, in: .done)
                )
            }
            #expect(job?.attempts == model.attempt)
            #expect(job?.done == model.done)
            #expect(Set(steps[id]?.map(\.name) ?? []) == model.steps)
            #expect(steps[id]?.count ?? 0 == model.steps.count, "each step once")
            #expect(Set(ended.map(\.id)) == model.ended)
            #expect(refused > 5, "somebody was late")
        }
    }
}
