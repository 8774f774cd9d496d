import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy

/// The value alone: what every order of operations leads to.
@Suite("WaitingLine", .timeLimit(.minutes(1)))
struct WaitingLineTests {
    private typealias Line = WaitingLine<String, Int>

    /// What tasks were resumed with, in order.
    private final class Log: Sendable {
        private let entries = Lock<[String]>([])
        var all: [String] { entries.withLock { $0 } }

        func resume(_ name: String) -> @Sendable (Result<Int, any Error>) -> Void {
            { [self] decision in entries.withLock { $0.append("\(name): \(Self.text(decision))") } }
        }

        private static func text(_ decision: Result<Int, any Error>) -> String {
            switch decision {
            case .success(let value): "\(value)"
            case .failure(let error): (error as? TenancyError)?.code.rawValue ?? "\(error)"
            }
        }
    }

    private enum Step: Sendable { case park, grant, refuse, cancel, expire, notYet }

    private static let cancelled = TenancyError(.cancelled, "")
    private static let late = TenancyError(.poolTimeout, "")

    /// One waiter with a limit of ten seconds, who joins at zero: what it is resumed with, whatever comes in between.
    @Test(arguments: [
        ([Step.park, .grant], "7"), ([.grant, .park], "7"),
        ([.park, .refuse], "stale_lease"), ([.refuse, .park], "stale_lease"),
        ([.park, .cancel], "cancelled"), ([.cancel, .park], "cancelled"),
        ([.park, .expire], "pool_timeout"), ([.expire, .park], "pool_timeout"),
        ([.park, .notYet, .grant], "7"), ([.notYet, .park, .grant], "7"),
        // The first decision counts.
        ([.park, .grant, .cancel], "7"), ([.grant, .cancel, .park], "7"), ([.grant, .park, .cancel], "7"),
        ([.park, .cancel, .grant], "cancelled"), ([.cancel, .grant, .park], "cancelled"),
        ([.cancel, .park, .grant], "cancelled"),
        // The deadline at the moment of the grant: whichever comes first under the lock.
        ([.park, .grant, .expire], "7"), ([.grant, .expire, .park], "7"), ([.grant, .park, .expire], "7"),
        ([.park, .expire, .grant], "pool_timeout"), ([.expire, .grant, .park], "pool_timeout"),
        ([.park, .expire, .cancel], "pool_timeout"), ([.cancel, .expire, .park], "cancelled"),
        ([.refuse, .grant, .expire, .cancel, .park], "stale_lease"),
    ])
    private func theFirstDecisionCounts(steps: [Step], expected: String) {
        var line = Line(waitLimit: .seconds(10))
        let log = Log()
        let ticket = line.join("a")
        for step in steps { perform(step, on: &line, ticket, log) }
        #expect(log.all == ["w: \(expected)"])
        #expect(line.isEmpty && line.count(of: "a") == 0)
        // Nothing is kept of it.
        line.park(ticket, log.resume("again")).run()
        #expect(log.all == ["w: \(expected)", "again: internal_failure"])
    }

    private func perform(_ step: Step, on line: inout Line, _ ticket: UInt64, _ log: Log) {
        switch step {
        case .park: line.park(ticket, log.resume("w")).run()
        case .grant: line.grantFirst(of: "a", 7)?.run()
        case .refuse: line.decide(ticket, .failure(TenancyError.staleLease))?.run()
        case .cancel: line.withdraw(ticket, Self.cancelled).run()
        case .expire: line.expire(now: .seconds(10)) { Self.late }.run()
        case .notYet: line.expire(now: .seconds(10) - .nanoseconds(1)) { Self.late }.run()
        }
    }

    @Test func whoLeavesIsReportedOnceAndWhoIsServedIsNot() {
        var line = Line(waitLimit: .seconds(10))
        let tickets = (0..<4).map { line.join($0 == 3 ? "b" : "a", now: .seconds($0)) }
        let cancelled = line.withdraw(tickets[1], Self.cancelled)
        #expect(cancelled.departures.map(\.ticket) == [tickets[1]] && cancelled.departures[0].reason == .cancelled)
        #expect(cancelled.departures[0].key == "a")
        #expect(line.withdraw(tickets[1], Self.cancelled).departures.isEmpty)
        #expect(line.grantFirst(of: "a", 1) != nil)
        let late = line.expire(now: .seconds(13)) { Self.late }
        #expect(late.departures.map(\.ticket) == [tickets[2], tickets[3]] && late.departures[0].reason == .late)
        #expect(late.departures.map(\.key) == ["a", "b"])
        #expect(line.isEmpty)
    }

    @Test func unknownTicketsChangeNothing() {
        var line = Line()
        let log = Log()
        let ticket = line.join("a")
        #expect(line.withdraw(99, Self.cancelled).departures.isEmpty)
        #expect(line.decide(99, .success(1)) == nil)
        #expect(line.grantFirst(of: "b", 1) == nil)
        #expect(line.count == 1)
        line.park(99, log.resume("unknown")).run()
        line.park(ticket, log.resume("first")).run()
        line.park(ticket, log.resume("second")).run()
        line.grantFirst(of: "a", 1)?.run()
        #expect(log.all == ["unknown: internal_failure", "second: internal_failure", "first: 1"])
    }

    @Test func eachKeyIsServedInOrderAndAnyTicketByItself() {
        var line = Line()
        let log = Log()
        let names = ["a1", "b1", "a2", "a3", "b2", "a4"]
        let tickets = names.map { line.join(String($0.prefix(1))) }
        for (name, ticket) in zip(names, tickets) { line.park(ticket, log.resume(name)).run() }
        #expect(line.count(of: "a") == 4 && line.count(of: "b") == 2 && line.count(of: "c") == 0)
        line.grantFirst(of: "b", 1)?.run()
        line.decide(tickets[3], .success(2))?.run()
        line.withdraw(tickets[2], Self.cancelled).run()
        for value in 3...4 { line.grantFirst(of: "a", value)?.run() }
        #expect(line.grantFirst(of: "a", 5) == nil)
        #expect(log.all == ["b1: 1", "a3: 2", "a2: cancelled", "a1: 3", "a4: 4"])
        for resumption in line.grantAll(6) { resumption.run() }
        #expect(log.all.last == "b2: 6" && line.isEmpty)
    }

    @Test func anOwnerNumbersItsWaitersItself() {
        var line = Line()
        #expect(line.join("a", as: 5) == 5)
        #expect(line.join("a", as: 9) == 9)
        #expect(line.join("a") == 10)
        #expect(line.decide(9, .success(1)) != nil && line.decide(9, .success(1)) == nil)
        #expect(line.count == 2)
    }

    @Test func deadlinesComeInTheOrderOfJoining() {
        var line = Line(waitLimit: .seconds(10))
        let log = Log()
        let tickets = (0..<4).map { line.join("a", now: .seconds($0)) }
        for (number, ticket) in tickets.enumerated() {
            let effects = line.park(ticket, log.resume("\(number)"))
            #expect(effects.mustWatch == (number == 0), "one task watches for all")
        }
        line.withdraw(tickets[1], Self.cancelled).run()
        var effects = line.expire(now: .seconds(9)) { Self.late }
        #expect(effects.resumptions.isEmpty && effects.nextDeadline == .seconds(10))
        effects = line.expire(now: .seconds(12)) { Self.late }
        effects.run()
        #expect(effects.nextDeadline == .seconds(13))
        effects = line.expire(now: .seconds(13)) { Self.late }
        effects.run()
        #expect(effects.nextDeadline == nil)
        #expect(log.all == ["1: cancelled", "0: pool_timeout", "2: pool_timeout", "3: pool_timeout"])
        #expect(line.park(line.join("a"), log.resume("next")).mustWatch, "the earlier watch has ended")
    }

    @Test func aLineWithoutALimitIsNotWatched() {
        var line = Line()
        let log = Log()
        #expect(!line.park(line.join("a"), log.resume("a")).mustWatch)
        #expect(line.expire(now: .seconds(1 << 30)) { Self.late }.departures.isEmpty)
        #expect(line.count == 1)
    }

    // MARK: Tasks

    @Test func aTaskIsGrantedCancelledOrLate() async throws {
        let time = ManualTimeSource()
        let room = WaitingRoom(time: time)
        let granted = Task { try await room.wait("a") }
        try await eventually("one waits") { room.count == 1 }
        let cancelled = Task { try await room.wait("a") }
        try await eventually("two wait") { room.count == 2 }
        let late = Task { try await room.wait("a") }
        try await eventually("three wait") { room.count == 3 }
        let cancelledBefore = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await room.wait("a")
        }
        try await eventually("it has come or gone") { room.count == 4 || room.departed == 1 }
        cancelled.cancel()
        #expect(room.grant("a", 7))
        await time.sleepsHaveBegun(1)
        time.advance(by: .seconds(10))
        #expect(try await granted.value == 7)
        #expect(await code { try await cancelled.value } == .cancelled)
        #expect(await code { try await late.value } == .poolTimeout)
        #expect(room.count == 0 && time.sleeperCount == 0, "the watch has ended")
        #expect(await code { try await cancelledBefore.value } == .cancelled)
        #expect(room.departed == 3)
    }

    @Test func cancellationDoesNotEndAFirmWait() async throws {
        let room = WaitingRoom(time: ManualTimeSource())
        let firm = Task { try await room.waitFirmly("a") }
        try await eventually("one waits") { room.count == 1 }
        firm.cancel()
        for _ in 0..<100 { await Task.yield() }
        #expect(room.count == 1)
        #expect(room.grant("a", 1))
        #expect(try await firm.value == 1)
    }

    /// The watch holds the owner weakly: an owner whose waiters are served is gone at once.
    @Test func theWatchKeepsNoOwner() async throws {
        let time = ManualTimeSource()
        weak var gone: WaitingRoom?
        do {
            let room = WaitingRoom(time: time)
            gone = room
            let served = Task { try await room.wait("a") }
            await time.sleepsHaveBegun(1)
            #expect(room.grant("a", 1))
            #expect(try await served.value == 1)
        }
        try await eventually("the owner is gone") { gone == nil }
        #expect(time.sleeperCount == 1)
        time.advance(by: .seconds(10))
    }

    /// Many tasks that take turns, are cancelled and are too late: each hears of exactly one end, and no turn is lost.
    @Test func noTurnIsLostAmongManyTasks() async throws {
        let room = WaitingRoom(time: SystemTimeSource(), waitLimit: .milliseconds(200), turns: 3)
        let inside = Crowd()
        let failures = await withTaskGroup(of: TenancyError.Code?.self) { group in
            for number in 0..<3000 {
                group.addTask {
                    let turn = Task {
                        try await room.withTurn("\(number % 7)") {
                            await inside.enter()
                            for _ in 0..<number % 5 { await Task.yield() }
                            await inside.leave()
                        }
                    }
                    if number % 3 == 0 {
                        for _ in 0..<number % 11 { await Task.yield() }
                        turn.cancel()
                    }
                    return await code { try await turn.value }
                }
            }
            return await group.reduce(into: [TenancyError.Code?: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(await inside.entered == failures[nil])
        #expect(Set(failures.keys).isSubset(of: [nil, .cancelled, .poolTimeout]))
        #expect(room.count == 0 && room.free == 3, "every turn came back")
        #expect(await inside.most <= 3)
        #expect(room.departed == (failures[.cancelled] ?? 0) + (failures[.poolTimeout] ?? 0))
    }
}
