import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// New passwords and new root keys, while users work.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct CredentialTests {
    @Test(arguments: TestPlace.servers) func aRotatedPasswordKillsTheOldOne(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            try await system.addTask("before", for: ada)
            let old = try await system.manager.unsafeLocation(of: ada)
            let epoch = try #require(try await system.manager.loadUserDatabaseConfig(ada)?.epoch)
            try await system.manager.rotatePassword(of: ada)
            let error = await #expect(throws: TenancyError.self) {
                let connection = try await place.engine.connect(to: old, as: .user)
                await connection.close()
            }
            #expect(error?.code == .loginRefused)
            #expect(try await system.manager.loadUserDatabaseConfig(ada)?.epoch == epoch + 1)
            try await system.addTask("after", for: ada)
            #expect(try await system.taskTitles(of: ada) == ["before", "after"])
        }
    }

    @Test func aFileHasNoPassword() async throws {
        try await TestSystem.with(TestPlace.sqlite) { system in
            let ada = try await system.addUser("ada").id
            let error = await #expect(throws: TenancyError.self) { try await system.manager.rotatePassword(of: ada) }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test(arguments: TestPlace.servers) func everySecretMovesToANewRootKey(place: TestPlace) async throws {
        let (first, second) = (RootKey.random(), RootKey.random())
        try await place.whileOthersWait {
            let system = try await TestSystem.open(
                place.engine, server: place.server?.location, options: .init(warmPoolSize: 1),
                keyRing: KeyRing(current: first))
            try await KeyCheck(system.main).verify(KeyRing(current: first))
            let ada = try await system.addUser("ada").id
            try await system.manager.refillWarmPool()
            let ring = KeyRing(current: second, older: [first])
            let rotation = KeyRotation(main: system.main, ring: ring)
            #expect(try await rotation.run().sealed == 3, "a server's, a user's and one in stock")
            #expect(try await rotation.run().sealed == 0, "repeated, it finds nothing to do")
            let status = try await rotation.status().keys
            #expect(status.map(\.keyID) == [second.id, first.id])
            #expect(status.map(\.secrets) == [3, 0])
            #expect(status.map(\.isCurrent) == [true, false])
            // A process that never had the old key works with all of them.
            let fresh = try await system.another(
                at: place, options: .init(warmPoolSize: 1), keyRing: KeyRing(current: second))
            try await KeyCheck(fresh.main).verify(KeyRing(current: second))
            try await fresh.addTask("works", for: ada)
            try await fresh.addUser("bob")
            // One that has only the old key is told so at its start.
            let wrong = await #expect(throws: TenancyError.self) {
                try await KeyCheck(fresh.main).verify(KeyRing(current: first))
            }
            #expect(wrong?.code == .keyWrong)
            await fresh.close()
            await system.close()
        }
    }
}
