import Hummingbird
import NIOCore
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
        private var isGiven = false
        private(set) var isCounted = false
        private var isLetGo = false
        private var waiting: CheckedContinuation<Void, Never>?

        /// It is asked for the next part once the one before is counted.
        func next() async -> ByteBuffer? {
            guard isGiven else {
                isGiven = true
                return ByteBuffer(repeating: 120, count: 1024 * 1024)
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

    /// Begins bodies of a mebibyte each, whose ends are held back until the work has ended.
    private func holding(
        _ count: Int, from sender: IncomingBodies.Sender, _ work: () async throws -> Void
    ) async throws {
        let held = (0..<count).map { _ in HeldBody() }
        let taken = held.map { body in
            Task { [bodies] in
                let parts = RequestBody(asyncSequence: AsyncStream { await body.next() })
                return try await bodies.collect(parts, upTo: 1024 * 1024, from: sender)
            }
        }
        for body in held { try await eventually("a body is counted") { await body.isCounted } }
        try await work()
        for body in held { await body.letGo() }
        for task in taken { #expect(try await task.value.readableBytes == 1024 * 1024) }
    }

    private func problem(_ parts: [Int], from sender: IncomingBodies.Sender) async throws -> String? {
        do {
            _ = try await bodies.collect(body(parts), upTo: 1024 * 1024, from: sender)
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

    @Test func unfinishedBodiesOfStrangersAreBounded() async throws {
        try await eight(from: 1) { () async throws in
            #expect(try await problem([1024 * 1024], from: .network("other")) == "overloaded")
            #expect(try await problem([IncomingBodies.uncountedBytes], from: .network("other")) == nil)
            #expect(try await problem([1024 * 1024], from: .user(1)) == nil, "strangers keep nothing from users")
        }
        #expect(try await problem([1024 * 1024], from: .network("other")) == nil)
    }

    /// Eight networks with as much as each may have, and what is missing to the bound of all from a ninth.
    private func eight(from network: Int, _ work: () async throws -> Void) async throws {
        guard network <= 9 else { return try await work() }
        try await holding(network == 9 ? 1 : 8, from: .network("\(network)")) {
            try await eight(from: network + 1, work)
        }
    }
}
