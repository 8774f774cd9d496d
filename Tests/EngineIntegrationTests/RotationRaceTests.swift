import Synchronization
import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy

/// Two processes that resume one rotation: whichever is late must not make another password the one that counts.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct RotationRaceTests {
    private struct Planted: Error {}

    /// Stops at one place once, and says that it has.
    private final class Stop: Sendable {
        private let name: String
        private let hasStopped = Atomic(false)
        private let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        private let (released, release) = AsyncStream.makeStream(of: Void.self)

        init(at name: String) { self.name = name }

        var faults: FaultPoints {
            FaultPoints { [self] name in
                guard name == self.name, !hasStopped.exchange(true, ordering: .relaxed) else { return }
                reach.yield()
                _ = await released.first { _ in true }
            }
        }

        func wait() async { _ = await reached.first { _ in true } }
        func goOn() { release.yield() }
    }

    private static func failing(at step: RotationStep, while isOn: @escaping @Sendable () -> Bool) -> FaultPoints {
        FaultPoints { if $0 == FaultPoints.after(step), isOn() { throw Planted() } }
    }

    /// - Parameters:
    ///   - late: where the slow process stands still.
    ///   - next: where the rotation after it was stopped meanwhile; nil where it has ended.
    @Test(
        arguments: TestPlace.servers,
        [(RotationStep.set, nil), (.verify, nil), (.verify, .set)] as [(RotationStep, RotationStep?)])
    func aSlowProcessLocksNobodyOut(place: TestPlace, order: (late: RotationStep, next: RotationStep?)) async throws {
        let ring = KeyRing(current: .random())
        let failingStep = Lock<RotationStep?>(.reserve)
        let faults = FaultPoints { name in
            if let step = failingStep.withLock({ $0 }), name == FaultPoints.after(step) { throw Planted() }
        }
        try await TestSystem.with(place, options: .init(faults: faults), keyRing: ring) { first in
            let ada = try await first.addUser("ada").id
            try await first.addTask("hers", for: ada)
            // A rotation is begun, and its process ends.
            await #expect(throws: Planted.self) { try await first.manager.rotatePassword(of: ada) }
            failingStep.withLock { $0 = nil }
            let stop = Stop(at: FaultPoints.after(order.late))
            let slow = try await first.another(at: place, options: .init(faults: stop.faults), keyRing: ring)
            let resuming = Task { try await slow.manager.reconcile() }
            await stop.wait()
            // Meanwhile somebody completes it, and gives the login yet another password.
            try await first.manager.rotatePassword(of: ada)
            failingStep.withLock { $0 = order.next }
            if order.next == nil {
                try await first.manager.rotatePassword(of: ada)
            } else {
                await #expect(throws: Planted.self) { try await first.manager.rotatePassword(of: ada) }
            }
            stop.goOn()
            _ = try await resuming.value
            failingStep.withLock { $0 = nil }
            try await first.manager.reconcile()
            // Whoever opens the database now does so with the config's password alone.
            let fresh = try await first.another(at: place, options: .init(), keyRing: ring)
            #expect(try await fresh.taskTitles(of: ada) == ["hers"])
            #expect(try await fresh.manager.loadUserDatabaseConfig(ada)?.sealedNextPassword == nil)
            let report = try await fresh.manager.testUserDatabase(ada)
            #expect(report.isOK, "\(report.checks)")
            await fresh.close()
            await slow.close()
        }
    }

    @Test(arguments: TestPlace.servers) func ofTwoWhoResumeOneJobOneWorksOnIt(place: TestPlace) async throws {
        let ring = KeyRing(current: .random())
        let isOn = Atomic(true)
        let faults = Self.failing(at: .reserve) { isOn.load(ordering: .relaxed) }
        try await TestSystem.with(place, options: .init(faults: faults), keyRing: ring) { first in
            let ada = try await first.addUser("ada").id
            await #expect(throws: Planted.self) { try await first.manager.rotatePassword(of: ada) }
            isOn.store(false, ordering: .relaxed)
            let stop = Stop(at: FaultPoints.after(RotationStep.set))
            let slow = try await first.another(at: place, options: .init(faults: stop.faults), keyRing: ring)
            let resuming = Task { try await slow.manager.reconcile() }
            await stop.wait()
            // It was taken up a moment ago: whoever looks for what is left behind leaves it alone.
            #expect(try await first.manager.reconcile(olderThan: .seconds(60)) == (ended: 0, failed: 0))
            stop.goOn()
            #expect(try await resuming.value == (ended: 1, failed: 0))
            let job = try await first.main.withDatabase(.read) { database in
                try await JobRepository(database).list(before: nil, limit: 1).first
            }
            let steps = try await first.main.withDatabase(.read) {
                try await JobRepository($0).steps(of: [job?.id ?? 0])
            }
            #expect(job?.state == .done)
            #expect(steps[job?.id ?? 0]?.map(\.name) == RotationStep.allCases.map(\.rawValue))
            #expect(try await first.taskTitles(of: ada) == [])
            await slow.close()
        }
    }

    /// A server may refuse the second of two sessions that change one login at the same moment.
    @Test(arguments: TestPlace.servers) func rotationsAtTheSameTimeAllEnd(place: TestPlace) async throws {
        let ring = KeyRing(current: .random())
        try await TestSystem.with(place, keyRing: ring) { first in
            let ada = try await first.addUser("ada").id
            try await first.addTask("hers", for: ada)
            var others: [TestSystem] = []
            for _ in 1...3 { others.append(try await first.another(at: place, options: .init(), keyRing: ring)) }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for system in others {
                    tasks.addTask {
                        for _ in 1...5 {
                            do {
                                try await system.manager.rotatePassword(of: ada)
                            } catch let error as TenancyError where error.code == .staleLease {
                                // Another one came in between, and says so.
                            }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            for system in others { await system.close() }
            let fresh = try await first.another(at: place, options: .init(), keyRing: ring)
            #expect(try await fresh.taskTitles(of: ada) == ["hers"])
            await fresh.close()
        }
    }
}
