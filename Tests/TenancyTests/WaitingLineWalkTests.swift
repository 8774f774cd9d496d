import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy

/// Random operations against a model that keeps everything in one array.
@Suite("Random walks of WaitingLine", .timeLimit(.minutes(1)))
struct WaitingLineWalkTests {
    private typealias Line = WaitingLine<Int, Int>

    private final class Ends: Sendable {
        private let ends = Lock<[UInt64: [String]]>([:])
        func note(_ ticket: UInt64, _ end: String) { ends.withLock { $0[ticket, default: []].append(end) } }
        subscript(ticket: UInt64) -> [String] { ends.withLock { $0[ticket] ?? [] } }
    }

    /// What the line should do.
    private struct Model {
        struct Waiter {
            let ticket: UInt64
            let key: Int
            let deadline: Duration
        }

        var waiting: [Waiter] = []
        var isParked: Set<UInt64> = []
        /// Decisions, whether the task has heard of them or not.
        var ends: [UInt64: String] = [:]

        mutating func end(_ ticket: UInt64?, _ end: String) -> Bool {
            guard let ticket, let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
            waiting.remove(at: index)
            ends[ticket] = end
            return true
        }
    }

    private struct Walk {
        var line = Line(waitLimit: .seconds(10))
        var model = Model()
        let ends = Ends()
        var random: SeededGenerator
        var now = Duration.zero
        var joined: [UInt64] = []

        mutating func step(_ number: Int) {
            now += .milliseconds(Int.random(in: 0...500, using: &random))
            // Those who were decided come up again: nothing may happen to them.
            let any =
                Bool.random(using: &random)
                ? model.waiting.randomElement(using: &random)?.ticket : joined.randomElement(using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40: join()
            case 40..<65:
                if let ticket = joined.filter({ !model.isParked.contains($0) }).randomElement(using: &random) {
                    park(ticket)
                }
            case 65..<80: grantFirst(of: Int.random(in: 0..<4, using: &random), number)
            case 80..<87: if let any { decide(any, number) }
            case 87..<95: if let any { withdraw(any) }
            case 95..<99: expire()
            default: grantAll(number)
            }
            check()
        }

        mutating func join() {
            let key = Int.random(in: 0..<4, using: &random)
            let own = Bool.random(using: &random) ? (joined.last ?? 0) + .random(in: 1...5, using: &random) : nil
            let ticket = line.join(key, as: own, now: now)
            #expect(ticket > joined.last ?? 0 && (own == nil || own == ticket))
            joined.append(ticket)
            model.waiting.append(Model.Waiter(ticket: ticket, key: key, deadline: now + .seconds(10)))
        }

        mutating func park(_ ticket: UInt64) {
            model.isParked.insert(ticket)
            line.park(ticket) { [ends] decision in
                switch decision {
                case .success(let value): ends.note(ticket, "\(value)")
                case .failure(let error): ends.note(ticket, (error as? TenancyError)?.code.rawValue ?? "?")
                }
            }.run()
        }

        mutating func grantFirst(of key: Int, _ value: Int) {
            let next = line.grantFirst(of: key, value)
            next?.run()
            let first = model.waiting.first { $0.key == key }?.ticket
            #expect(model.end(first, "\(value)") == (next != nil))
        }

        mutating func decide(_ ticket: UInt64, _ value: Int) {
            let next = line.decide(ticket, .success(value))
            next?.run()
            #expect(model.end(ticket, "\(value)") == (next != nil))
        }

        mutating func withdraw(_ ticket: UInt64) {
            let effects = line.withdraw(ticket, TenancyError(.cancelled, ""))
            effects.run()
            #expect(model.end(ticket, "cancelled") == (effects.departures.map(\.ticket) == [ticket]))
        }

        mutating func expire() {
            let effects = line.expire(now: now) { TenancyError(.poolTimeout, "") }
            effects.run()
            let late = model.waiting.filter { $0.deadline <= now }.map(\.ticket)
            #expect(effects.departures.map(\.ticket) == late)
            for ticket in late { _ = model.end(ticket, "pool_timeout") }
            #expect(effects.nextDeadline == model.waiting.map(\.deadline).min())
        }

        mutating func grantAll(_ value: Int) {
            let all = line.grantAll(value)
            #expect(all.count == model.waiting.count)
            for resumption in all { resumption.run() }
            for waiter in model.waiting { model.ends[waiter.ticket] = "\(value)" }
            model.waiting = []
        }

        func check() {
            #expect(line.count == model.waiting.count && line.isEmpty == model.waiting.isEmpty)
            for key in 0..<4 { #expect(line.count(of: key) == model.waiting.count { $0.key == key }) }
        }

        /// Nobody is lost, nobody is resumed twice, and each with what was decided.
        mutating func finish() {
            for ticket in joined where !model.isParked.contains(ticket) { park(ticket) }
            grantAll(-1)
            for ticket in joined { #expect(ends[ticket] == model.ends[ticket].map { [$0] } ?? ["nothing was decided"]) }
            #expect(line.count == 0)
        }
    }

    @Test(arguments: 1...40) func agreesWithTheModel(seed: UInt64) {
        var walk = Walk(random: SeededGenerator(seed: seed))
        for number in 0..<500 { walk.step(number) }
        walk.finish()
    }
}
