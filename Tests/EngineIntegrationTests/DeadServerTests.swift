import Foundation
import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy

/// A database server that takes connections and never answers, beside one that is well.
@Suite(.timeLimit(.minutes(5))) struct DeadServerTests {
    private static func addServer(_ name: String, port: Int, on place: TestPlace, to system: TestSystem) async throws {
        let request = try ServerRequest(
            name: name, engine: place.kind, host: "127.0.0.1", port: port,
            login: Login(name: "nobody", password: Secret("none")))
        let sealed = try system.manager.keyRing.seal(request.login.password, in: request.passwordPlace)
        let date = system.main.time.wallNow
        _ = try await system.main.transaction {
            try await ServerRepository($0).insert(request, sealedPassword: sealed, date: date)
        }
    }

    /// A job that was begun, as of a process that ended then.
    private static func leaveJob(_ name: String, on server: String?, in system: TestSystem) async throws -> UserID {
        let user = try await system.addUser(name, hasDatabase: false).id
        _ = try await system.main.transaction { database in
            let reserved = try await system.manager.provisioner.reserve(
                user, ProvisioningRequest(server: server), kind: .provision, in: database)
            let job = try #require(reserved.run).claim.id
            try await database.execute("UPDATE Job SET Lease_Until = NULL WHERE Job_ID = ?", [.integer(job)])
        }
        return user
    }

    private static func states(_ users: [UserID], in system: TestSystem) async throws -> [DatabaseState?] {
        try await system.main.withDatabase(.read) { database in
            var states: [DatabaseState?] = []
            for user in users { states.append(try await ConfigRepository(database).find(user)?.state) }
            return states
        }
    }

    @Test(arguments: TestPlace.servers) func itHoldsUpNeitherAStartNorOthersJobs(place: TestPlace) async throws {
        let silent = try LoopbackListener()
        try await TestSystem.with(place) { system in
            let well = try #require(try await system.manager.serverOverview(after: 0, limit: 1).first?.server.name)
            try await Self.addServer("dead", port: silent.port, on: place, to: system)
            var (stuck, others) = ([UserID](), [UserID]())
            for number in 0..<6 { stuck.append(try await Self.leaveJob("stuck\(number)", on: "dead", in: system)) }
            for number in 0..<3 {
                others.append(try await Self.leaveJob("other\(number)", on: well, in: system))
            }
            let clock = ContinuousClock()
            let start = clock.now
            try await system.manager.prepare()
            #expect(clock.now - start < .seconds(3), "the start asks the main database alone")
            // Jobs from before the start are those that are resumed.
            let time = system.main.time
            while time.wallNow.milliseconds == (try await newestJob(of: system)).milliseconds { await Task.yield() }
            let running = Task { try await system.manager.run() }
            try await eventually("the jobs of the server that is well end", within: .seconds(60)) {
                try await Self.states(others, in: system).allSatisfy { $0 == .active }
            }
            // One connection to the dead server takes 5 s until it is given up; six of them one after the other 30.
            let left = try await Self.states(stuck, in: system)
            #expect(left.contains { $0 != nil }, "the dead server's are not done yet")
            for user in others { try await system.addTask("works", for: user) }
            #expect(clock.now - start < .seconds(20))
            running.cancel()
            _ = await running.result
        }
        withExtendedLifetime(silent) {}
    }

    private func newestJob(of system: TestSystem) async throws -> Timestamp {
        try await system.main.withDatabase(.read) {
            try await JobRepository($0).list(before: nil, limit: 1).first?.updatedAt ?? Timestamp(milliseconds: 0)
        }
    }

    /// What looks at a server, makes, verifies or removes goes through the breaker: after three failures nobody waits.
    @Test(arguments: TestPlace.servers) func itIsGivenUpAfterAFewAttempts(place: TestPlace) async throws {
        let silent = try LoopbackListener()
        try await TestSystem.with(place) { system in
            try await Self.addServer("dead", port: silent.port, on: place, to: system)
            for number in 0..<20 { _ = try await Self.leaveJob("stuck\(number)", on: "dead", in: system) }
            let clock = ContinuousClock()
            let start = clock.now
            let ended = try await system.manager.reconcile()
            #expect(ended == (ended: 0, failed: 20))
            #expect(clock.now - start < .seconds(40), "20 jobs of two connections each would take 200 s")
            let errors = try await system.main.withDatabase(.read) {
                try await JobRepository($0).list(before: nil, limit: 20).map(\.state)
            }
            #expect(errors.allSatisfy { $0 == .running }, "they wait for the server")
        }
        withExtendedLifetime(silent) {}
    }
}
