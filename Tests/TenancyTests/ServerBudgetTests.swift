internal import Tenancy
import TenancyTesting
import Testing

@Suite("ServerBudget", .timeLimit(.minutes(1)))
struct ServerBudgetTests {
    private let time = ManualTimeSource()

    private actor Order {
        private(set) var numbers: [Int] = []
        func append(_ number: Int) { numbers.append(number) }
    }

    @Test func moreThanTheLimitWaitAndAreServedInOrder() async throws {
        let budget = ServerBudget(time: time, waitLimit: .seconds(10))
        let first = try await budget.slot(of: "a", limit: 2) {}
        let second = try await budget.slot(of: "a", limit: 2) {}
        #expect(budget.openCount(of: "a") == 2)
        let order = Order()
        try await withThrowingTaskGroup(of: ServerBudget.Slot.self) { group in
            for number in 0..<2 {
                let (queued, queue) = AsyncStream.makeStream(of: Void.self)
                group.addTask { [budget] in
                    let slot = try await budget.slot(of: "a", limit: 2) { queue.yield() }
                    await order.append(number)
                    return slot
                }
                for await _ in queued { break }
            }
            #expect(first.isWanted && budget.openCount(of: "a") == 2)
            first.release()
            let third = try #require(try await group.next())
            second.release()
            let fourth = try #require(try await group.next())
            #expect(await order.numbers == [0, 1])
            #expect(!fourth.isWanted && budget.openCount(of: "a") == 2)
            third.release()
            fourth.release()
            fourth.release()
        }
        #expect(budget.openCount(of: "a") == 0, "a slot that is given back twice counts once")
    }

    @Test func anotherServerHasItsOwnLimit() async throws {
        let budget = ServerBudget(time: time, waitLimit: .seconds(10))
        let slot = try await budget.slot(of: "a", limit: 1) {}
        let other = try await budget.slot(of: "b", limit: 1) {}
        #expect(!slot.isWanted && !other.isWanted)
    }

    @Test func roomThatIsMadeIsHandedOver() async throws {
        let budget = ServerBudget(time: time, waitLimit: .seconds(10))
        let idle = try await budget.slot(of: "a", limit: 1) {}
        let slot = try await budget.slot(of: "a", limit: 1) { idle.release() }
        #expect(budget.openCount(of: "a") == 1)
        slot.release()
    }

    @Test func theWaitEndsWithTheLimitAndWithTheTask() async throws {
        let budget = ServerBudget(time: SystemTimeSource(), waitLimit: .milliseconds(20))
        let held = try await budget.slot(of: "a", limit: 1) {}
        let late = await #expect(throws: TenancyError.self) { _ = try await budget.slot(of: "a", limit: 1) {} }
        #expect(late?.code == .poolTimeout)
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await budget.slot(of: "a", limit: 1) {}
        }
        let error = await #expect(throws: TenancyError.self) { _ = try await cancelled.value }
        #expect(error?.code == .cancelled)
        #expect(!held.isWanted, "nobody is left in the line")
        held.release()
        #expect(budget.openCount(of: "a") == 0)
    }

    @Test func aFreeSlotIsTakenWithoutWaitingAndOverNobodysHead() async throws {
        let budget = ServerBudget(time: time, waitLimit: .seconds(10))
        let slot = try #require(budget.freeSlot(of: "a", limit: 1))
        #expect(budget.freeSlot(of: "a", limit: 1) == nil)
        let (isInLine, continuation) = AsyncStream<Void>.makeStream()
        let waiter = Task { try await budget.slot(of: "a", limit: 1) { continuation.finish() } }
        for await _ in isInLine {}
        #expect(budget.freeSlot(of: "a", limit: 2) == nil, "somebody waits")
        slot.release()
        try await waiter.value.release()
        #expect(budget.openCount(of: "a") == 0)
    }

    @Test func aSlotBelongsToOneConnection() throws {
        let budget = ServerBudget(time: time, waitLimit: .seconds(10))
        let slot = try #require(budget.freeSlot(of: "a", limit: 1))
        #expect(slot.claim() && !slot.claim())
        slot.releaseUnlessClaimed()
        #expect(budget.openCount(of: "a") == 1, "the connection has it")
        slot.release()
        let other = try #require(budget.freeSlot(of: "a", limit: 1))
        other.releaseUnlessClaimed()
        #expect(budget.openCount(of: "a") == 0 && !other.claim())
    }

    @Test func theLineOfAServerIsBounded() async throws {
        let budget = ServerBudget(time: time, waitLimit: .seconds(10), maxWaiting: 0)
        let slot = try await budget.slot(of: "a", limit: 1) {}
        let error = await #expect(throws: TenancyError.self) { _ = try await budget.slot(of: "a", limit: 1) {} }
        #expect(error?.code == .overloaded)
        slot.release()
    }
}
