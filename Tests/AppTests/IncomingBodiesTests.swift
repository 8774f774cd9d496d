import Hummingbird
import NIOCore
import Synchronization
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

@Suite(.timeLimit(.minutes(2))) struct IncomingBodiesTests {
    private let bodies = IncomingBodies()

    private func body(_ parts: [Int]) -> RequestBody {
        RequestBody(
            asyncSequence: AsyncStream { stream in
                for count in parts { stream.yield(ByteBuffer(repeating: 120, count: count)) }
                stream.finish()
            })
    }

    /// Gives a mebibyte, and nothing more until it is let go.
    private actor HeldBody {
        /// Shared by all, so that it takes memory once.
        private static let mebibyte = ByteBuffer(repeating: 120, count: 1024 * 1024)

        private var isGiven = false
        private(set) var isCounted = false
        private var isLetGo = false
        private var waiting: CheckedContinuation<Void, Never>?

        /// It is asked for the next part once the one before is counted.
        func next() async -> ByteBuffer? {
            guard isGiven else {
                isGiven = true
                return Self.mebibyte
            }
            isCounted = true
            if !isLetGo { await withCheckedContinuation { waiting = $0 } }
            return nil
        }

        func letGo() {
            isLetGo = true
            waiting?.resume()
        }
    }

    /// Counts the connections that are ended.
    private final class Ended: Sendable {
        private let total = Lock(0)
        var count: Int { total.withLock { $0 } }
        func add() { total.withLock { $0 += 1 } }
    }

    private let ended = Ended()

    /// Begins bodies of a mebibyte each, whose ends are held back until the work has ended.
    private func holding(
        _ count: Int, from sender: IncomingBodies.Sender, in session: SessionKey? = nil, _ work: () async throws -> Void
    ) async throws {
        let held = (0..<count).map { _ in HeldBody() }
        let taken = held.map { body in
            Task { [bodies, ended] in
                let parts = RequestBody(asyncSequence: AsyncStream { await body.next() })
                return try await bodies.collect(
                    parts, upTo: 1024 * 1024, from: sender, in: session, endingBy: { ended.add() })
            }
        }
        for body in held { try await eventually("a body is counted") { await body.isCounted } }
        try await work()
        for body in held { await body.letGo() }
        for task in taken { #expect(try await task.value.readableBytes == 1024 * 1024) }
    }

    private func problem(
        _ parts: [Int], from sender: IncomingBodies.Sender, in session: SessionKey? = nil
    ) async throws -> String? {
        do {
            _ = try await bodies.collect(body(parts), upTo: 1024 * 1024, from: sender, in: session)
            return nil
        } catch let problem as Problem {
            return problem.code
        }
    }

    @Test func partsAreJoinedUpToTheLimit() async throws {
        #expect(try await bodies.collect(body([]), upTo: 10, from: .network("n")).readableBytes == 0)
        #expect(try await bodies.collect(body([4, 6]), upTo: 10, from: .network("n")).readableBytes == 10)
        #expect(try await problem([1024 * 1024, 1], from: .network("n")) == "body_too_large")
    }

    @Test func unfinishedBodiesOfOneAreBounded() async throws {
        // Each counts a little less than a mebibyte.
        try await holding(8, from: .user(1)) { () async throws in
            #expect(try await problem([1024 * 1024], from: .user(1)) == "too_many_requests")
            #expect(try await problem([IncomingBodies.uncountedBytes], from: .user(1)) == nil, "a small one is taken")
            #expect(try await problem([1024 * 1024], from: .user(2)) == nil)
        }
        #expect(try await problem([1024 * 1024], from: .user(1)) == nil, "all were given back")
    }

    @Test func whatAnotherSessionOfTheUserHoldsGivesWay() async throws {
        let (thief, own) = (
            SessionKey(tokenHash: "a", isForAccess: false), SessionKey(tokenHash: "b", isForAccess: false)
        )
        try await holding(8, from: .user(1), in: thief) { () async throws in
            #expect(try await problem([1024 * 1024], from: .user(1), in: thief) == "too_many_requests")
            #expect(ended.count == 0)
            #expect(try await problem([1024 * 1024], from: .user(1), in: own) == nil)
            #expect(ended.count == 1)
        }
    }

    @Test func whatAnEndedSessionHoldsIsEnded() async throws {
        let session = SessionKey(tokenHash: "a", isForAccess: false)
        try await holding(2, from: .user(1), in: session) { () async throws in
            #expect(bodies.sessions(of: 1) == [session])
            #expect(bodies.sessions(of: nil) == [session])
            #expect(bodies.sessions(of: 2).isEmpty)
            bodies.end(session, of: 1)
            #expect(ended.count == 2)
            #expect(bodies.sessions(of: nil).isEmpty)
        }
    }

    /// Thirty-two users with as much as each may have, and what is missing to the bound of all from another.
    @Test func whoHasMuchOfTheBoundOfAllGivesWay() async throws {
        try await all(from: 1, through: 33) {
            .user(UserID(Int64($0)) ?? 1)
        } _: { () async throws in
            #expect(try await problem([1024 * 1024], from: .user(2)) == "too_many_requests")
            #expect(ended.count == 0)
            #expect(try await problem([1024 * 1024], from: .user(99)) == nil, "whoever has nothing is taken")
            #expect(ended.count == 1)
            #expect(try await problem([IncomingBodies.uncountedBytes], from: .user(99)) == nil)
        }
    }

    @Test func unfinishedBodiesOfStrangersAreBounded() async throws {
        try await all(from: 1, through: 9) {
            .network("\($0)")
        } _: { () async throws in
            #expect(try await problem([1024 * 1024], from: .network("1")) == "too_many_requests")
            #expect(ended.count == 0)
            #expect(try await problem([1024 * 1024], from: .network("other")) == nil)
            #expect(ended.count == 1, "a network that has as much as it may gives way")
            #expect(try await problem([IncomingBodies.uncountedBytes], from: .network("other")) == nil)
            #expect(try await problem([1024 * 1024], from: .user(1)) == nil, "strangers keep nothing from users")
        }
        #expect(try await problem([1024 * 1024], from: .network("other")) == nil)
    }

    /// Senders with as much as each may have, and what is missing to the bound of all from the last.
    private func all(
        from number: Int, through last: Int, _ sender: (Int) -> IncomingBodies.Sender,
        _ work: () async throws -> Void
    ) async throws {
        guard number <= last else { return try await work() }
        // A little of each body is not counted, and what each sender may have beyond eight bodies is left to the last.
        try await holding(number == last ? (last - 1) / 8 : 8, from: sender(number)) {
            try await all(from: number + 1, through: last, sender, work)
        }
    }
}
