import Synchronization
import Tenancy
import Testing

@testable import UnifyApp

@Suite struct SharedRoomTests {
    private final class Log: Sendable {
        private let state = Lock<[String]>([])
        var names: [String] { state.withLock { $0 } }
        func append(_ name: String) { state.withLock { $0.append(name) } }
    }

    /// A room of 100 bytes, 40 for each owner, and the names of the holdings that gave way, in order.
    private final class Hall {
        var room = SharedRoom<Int, String>(.init(ofAll: 100, ofOwner: 40))
        private let log = Log()
        var gone: [String] { log.names }

        @discardableResult
        func take(_ bytes: Int, _ owner: Int, _ part: String = "", named name: String = "") -> SharedRoom<Int, String>
            .Refusal?
        {
            let outcome = room.makeRoom(for: bytes, of: owner, part)
            for evict in outcome.evictions { evict() }
            guard outcome.refusal == nil else { return outcome.refusal }
            _ = room.hold(bytes, for: owner, part) { [log] in log.append(name) }
            return nil
        }
    }

    private let hall = Hall()

    @Test func whoHoldsTheMostGivesWayAndTheOldestFirst() {
        for name in ["a", "b", "c", "d"] { hall.take(10, 1, named: name) }
        for name in ["e", "f", "g"] { hall.take(10, 2, named: name) }
        for name in ["h", "i", "j"] { hall.take(10, 3, named: name) }
        #expect(hall.gone.isEmpty)
        #expect(hall.take(10, 4) == nil)
        #expect(hall.gone == ["a"])
        #expect(hall.take(20, 4) == nil)
        #expect(hall.gone == ["a", "b", "e"], "of three that hold as much, the one with the oldest")
    }

    @Test func nobodyGivesWayToOneWhoHoldsAsMuch() {
        for owner in 1...5 { #expect(hall.take(20, owner) == nil) }
        #expect(hall.take(1, 5) == .ofAll)
        #expect(hall.gone.isEmpty)
        #expect(hall.take(1, 6) == nil, "one who holds nothing is never kept out")
        #expect(hall.gone.count == 1)
    }

    @Test func whatSessionsOfOneOwnerHoldIsDividedToo() {
        for name in ["a", "b", "c"] { hall.take(10, 1, "thief", named: name) }
        hall.take(10, 1, "own", named: "d")
        #expect(hall.take(10, 1, "thief") == .ofOwner)
        #expect(hall.gone.isEmpty)
        #expect(hall.take(10, 1, "own", named: "e") == nil)
        #expect(hall.gone == ["a"])
        #expect(hall.take(10, 1, "own") == .ofOwner, "half each")
    }

    @Test func anOwnersOwnSessionGivesWayWhereNobodyHoldsMore() {
        hall.take(36, 1, "thief", named: "a")
        hall.take(36, 2)
        hall.take(26, 3)
        #expect(hall.take(4, 1, "own") == nil)
        #expect(hall.gone == ["a"])
        #expect(hall.take(36, 1, "own") == nil)
        #expect(hall.gone.count == 2, "now another holds more")
    }

    @Test func whatIsGivenBackIsForgotten() {
        let number = hall.room.hold(10, for: 1, "a") {}
        hall.room.grow(number, by: 5)
        #expect(hall.room.amount(of: 1).bytes == 15)
        #expect(hall.room.amount(of: 1, "a").count == 1)
        #expect(hall.room.isHeld(number))
        hall.room.release(number)
        hall.room.release(number)
        hall.room.grow(number, by: 5)
        #expect(hall.room.amount(of: 1).bytes == 0)
        #expect(hall.room.parts(of: nil).isEmpty)
        #expect(!hall.room.isHeld(number))
        for owner in 1...2 { #expect(hall.take(40, owner) == nil) }
        #expect(hall.gone.isEmpty)
    }

    @Test func aPartGivesBackAllOfIt() {
        for name in ["a", "b"] { hall.take(10, 1, "x", named: name) }
        hall.take(10, 1, "y", named: "c")
        for evict in hall.room.evict("x", of: 1) { evict() }
        #expect(hall.gone == ["a", "b"])
        #expect(hall.room.parts(of: 1).map(\.part) == ["y"])
        #expect(hall.room.amount(of: 1).bytes == 10)
    }

    @Test func onePlaceMoreIsTakenFromTheSessionWithTheMost() {
        for name in ["a", "b", "c"] { hall.take(1, 1, "thief", named: name) }
        hall.take(30, 1, "own", named: "d")
        let refused = hall.room.makePlace(for: "thief", of: 1, among: 4)
        #expect(refused.refusal == .ofOwner && refused.evictions.isEmpty)
        let made = hall.room.makePlace(for: "own", of: 1, among: 4)
        for evict in made.evictions { evict() }
        #expect(made.refusal == nil)
        #expect(hall.gone == ["a"])
    }
}
