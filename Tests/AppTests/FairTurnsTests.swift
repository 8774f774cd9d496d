import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy
@testable import UnifyApp

/// Whose turn it is among the parts of one owner.
@Suite(.tags(.proof), .timeLimit(.minutes(1))) struct FairTurnsTests {
    private struct Refused: Error {}

    private final class Order: Sendable {
        let parts = Lock<[String]>([])
        func add(_ part: String) { parts.withLock { $0.append(part) } }
    }

    /// A part with many tasks delays another by one at a time, and another owner not at all.
    @Test func partsTakeTurns() async throws {
        let turns = FairTurns<String, String>(parallel: 1)
        let order = Order()
        let executor = InlineExecutor()
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) {
                try await turns.admit("ada", "thief") { for await _ in released { break } }
            }
            for part in ["thief", "thief", "thief", "owner", "owner"] {
                group.addTask(executorPreference: executor) {
                    try await turns.admit("ada", part, afterWaiting: { order.add("\(part) waited") }) {
                        order.add(part)
                    }
                }
            }
            try await turns.admit("bob", "one", afterWaiting: { order.add("bob waited") }) { order.add("bob") }
            release.yield()
            try await group.waitForAll()
        }
        let expected = ["thief", "owner", "thief", "owner", "thief"].flatMap { ["\($0) waited", $0] }
        #expect(order.parts.withLock { $0 } == ["bob"] + expected)
    }

    @Test func aFewRunAtOnceAndWhoFailsGivesTheTurnBack() async throws {
        let turns = FairTurns<String, Int>(parallel: 2)
        for _ in 1...5 {
            await #expect(throws: Refused.self) { try await turns.admit("ada", 1) { throw Refused() } }
        }
        let inside = Crowd()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<50 {
                group.addTask {
                    try await turns.admit("ada", part % 7) {
                        await inside.enter()
                        await Task.yield()
                        await inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        await #expect(inside.entered == 50)
        await #expect(inside.most <= 2)
    }

    /// A cancelled task leaves at once, and neither its place nor a turn is lost.
    @Test func whoIsCancelledLeaves() async throws {
        let turns = FairTurns<String, String>(parallel: 1)
        let order = Order()
        let executor = InlineExecutor()
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) {
                try await turns.admit("ada", "thief") { for await _ in released { break } }
            }
            let gone = ["thief", "gone", "gone"].map { part in
                Task(executorPreference: executor) { try await turns.admit("ada", part) { order.add("cancelled") } }
            }
            let owner = Task(executorPreference: executor) {
                try await turns.admit("ada", "owner") { order.add("owner") }
            }
            for task in gone {
                task.cancel()
                let error = await #expect(throws: TenancyError.self) { try await task.value("a cancelled task leaves") }
                #expect(error?.code == .cancelled)
            }
            release.yield()
            try await owner.value("the owner's turn comes")
            try await group.waitForAll()
        }
        #expect(order.parts.withLock { $0 } == ["owner"])
        for _ in 1...3 { try await turns.admit("ada", "thief") {} }
    }
}
