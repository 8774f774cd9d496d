import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// kill -9 of a real server, started again: what was acknowledged is there, and nothing is left half done.
@Suite(.tags(.proof), .timeLimit(.minutes(20)), .serialized) struct KillTests {
    @Test(arguments: TestPlace.all, ProvisioningStep.allCases)
    func aRegistrationKilledAfterAStepIsCompletedAtTheNextStart(place: TestPlace, step: ProvisioningStep) async throws {
        let folder = try TemporaryFolder()
        let environment = try await prepare(place, folder.path)
        var (process, client) = try await UnifyProcess.serve(
            folder: folder.path,
            environment: environment.merging(["UNIFY_FAULT_KILL_AT": FaultPoints.after(step)]) { $1 })
        await #expect(throws: (any Error).self, "the server must die before it answers") {
            try await client.register("ada")
        }
        await process.waitUntilExit()
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        try await process.finishesWhatWasLeft()
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        #expect(login.status == 200)
        let ada = client.with(token: login.json["token"] as? String)
        #expect(try await ada.post("/api/tasks", ["title": "works"]).status == 201)
        try await expectNoOrphans(folder.path, environment, on: place)
        Proof.tell("kill -9 at a step of provisioning, \(place.kind)", ["kills": 1])
    }

    @Test(arguments: TestPlace.servers, RotationStep.allCases)
    func aRotationKilledAfterAStepIsCompletedAtTheNextStart(place: TestPlace, step: RotationStep) async throws {
        let folder = try TemporaryFolder()
        let environment = try await prepare(place, folder.path)
        var (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        let (ada, _) = try await client.register("ada")
        #expect(try await ada.post("/api/tasks", ["title": "before"]).status == 201)
        let rotation = try await run(
            ["database", "rotate-password", "1"], in: folder.path,
            environment.merging(["UNIFY_FAULT_KILL_AT": FaultPoints.after(step)]) { $1 })
        #expect(rotation.status != 0, "the command must have been killed")
        // The server that runs goes on, whichever password is the right one now.
        let between = try await addTask(for: ada)
        process.killHard()
        await process.waitUntilExit()
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        try await process.finishesWhatWasLeft()
        let titles = try await client.with(token: ada.token).allTitles()
        #expect(titles.first == "before" && titles.contains(between))
        try await expectNoOrphans(folder.path, environment, on: place)
        Proof.tell("kill -9 at a step of a rotation, \(place.kind)", ["kills": 1])
    }

    @Test(arguments: TestPlace.all, PurgeStep.allCases)
    func aPurgeKilledAfterAStepIsCompletedAtTheNextStart(place: TestPlace, step: PurgeStep) async throws {
        let folder = try TemporaryFolder()
        let environment = try await prepare(place, folder.path)
        var (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        let (ada, _) = try await client.register("ada")
        #expect(try await ada.post("/api/tasks", ["title": "gone"]).status == 201)
        #expect(try await ada.send("DELETE", "/api/me", json: ["password": TestClient.password]).status == 202)
        let purge = try await run(
            ["user", "purge", "1", "--now", "--yes"], in: folder.path,
            environment.merging(["UNIFY_FAULT_KILL_AT": FaultPoints.after(step)]) { $1 })
        #expect(purge.status != 0, "the command must have been killed")
        process.killHard()
        await process.waitUntilExit()
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        try await process.finishesWhatWasLeft()
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        #expect(login.status == 401)
        let (again, id) = try await client.register("ada")
        #expect(id == 2)
        #expect((try await again.get("/api/tasks").json["items"] as? [Any])?.isEmpty == true)
        try await expectNoOrphans(folder.path, environment, on: place)
        Proof.tell("kill -9 at a step of a removal, \(place.kind)", ["kills": 1])
    }

    @Test(arguments: TestPlace.all, KeyRotationStep.allCases)
    func aKeyRotationKilledAfterAStepIsCompletedByTheNextRun(place: TestPlace, step: KeyRotationStep) async throws {
        let folder = try TemporaryFolder()
        let environment = try await prepare(place, folder.path)
        var (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        let (ada, _) = try await client.register("ada")
        #expect(try await ada.post("/api/tasks", ["title": "before"]).status == 201)
        let rotate = ["key", "rotate"] + (step == .drop ? ["--drop-old", "--yes"] : [])
        let killed = try await run(
            rotate, in: folder.path, environment.merging(["UNIFY_FAULT_KILL_AT": FaultPoints.after(step)]) { $1 })
        #expect(killed.status != 0, "the command must have been killed")
        // The server that runs goes on, whichever key is the current one now, and seals under it.
        #expect(try await ada.post("/api/tasks", ["title": "between"]).status == 201)
        let (bob, _) = try await client.register("bob")
        #expect(try await bob.post("/api/tasks", ["title": "bob's"]).status == 201)
        let completed = try await run(rotate, in: folder.path, environment)
        #expect(completed.status == 0, "\(completed.errors)")
        let status = try await run(["key", "status"], in: folder.path, environment)
        #expect(status.status == 0, "\(status.output)\(status.errors)")
        if step == .drop {
            let keys = try String(contentsOfFile: "\(folder.path)/data/master.key", encoding: .utf8)
            #expect(keys.split(separator: "\n").count == 1, "the old keys are gone")
        }
        // Nothing is left in memory: every secret is opened with what the file holds.
        process.killHard()
        await process.waitUntilExit()
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        #expect(try await client.with(token: ada.token).allTitles() == ["before", "between"])
        #expect(try await client.with(token: bob.token).allTitles() == ["bob's"])
        _ = try await client.register("carol")
        try await expectNoOrphans(folder.path, environment, on: place)
        Proof.tell("kill -9 at a step of a key rotation, \(place.kind)", ["kills": 1])
    }

    @Test(arguments: TestPlace.servers, WarmStep.allCases)
    func aServerKilledAfterAStepOfKeepingStockLeavesNothingUnknown(place: TestPlace, step: WarmStep) async throws {
        let folder = try TemporaryFolder()
        let environment = try await prepare(place, folder.path).merging(["UNIFY_WARM_POOL_SIZE": "1"]) { $1 }
        var (process, client) = try await UnifyProcess.serve(
            folder: folder.path,
            environment: environment.merging(["UNIFY_FAULT_KILL_AT": FaultPoints.after(step)]) { $1 })
        defer { process.killHard() }
        // It looks after its stock by itself, a moment after its start.
        try await eventually("the server is killed", within: .seconds(30)) { [process] in !process.isRunning }
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        let (ada, _) = try await client.register("ada")
        #expect(try await ada.post("/api/tasks", ["title": "works"]).status == 201)
        #expect(try await ada.allTitles() == ["works"])
        try await expectNoOrphans(folder.path, environment, on: place, stock: 1)
        Proof.tell("kill -9 at a step of keeping stock, \(place.kind)", ["kills": 1])
    }

    @Test func withoutAKillTheSwitchDoesNothing() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_FAULT_KILL_AT": "provisioning.after-nothing"])
        defer { process.killHard() }
        _ = try await client.register("ada")
    }

    @Test(arguments: TestPlace.all)
    func registrationsUnderWayWhenTheServerIsKilledAreAllOrNothing(place: TestPlace) async throws {
        let folder = try TemporaryFolder()
        let environment = try await prepare(place, folder.path)
        var (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        let acknowledged = Acknowledged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<8 {
                group.addTask { [client] in
                    for number in 0..<200 {
                        let name = "user-\(lane)-\(number)"
                        guard (try? await client.register(name)) != nil else { return }
                        await acknowledged.add(name)
                    }
                }
            }
            group.addTask { [process] in
                try await eventually("some register", within: .seconds(60)) { await acknowledged.count >= 25 }
                process.killHard()
                await process.waitUntilExit()
            }
            try await group.waitForAll()
        }
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        try await process.finishesWhatWasLeft()
        #expect(await acknowledged.count >= 25)
        Proof.tell(
            "kill -9 under registrations, \(place.kind)",
            ["kills": 1, "acknowledged registrations looked for": await acknowledged.count])
        for name in await acknowledged.all {
            let login = try await client.post("/api/login", ["username": name, "password": TestClient.password])
            #expect(login.status == 200, "\(name) was acknowledged and is gone")
        }
        try await expectNoOrphans(folder.path, environment, on: place)
    }

    @Test(arguments: TestPlace.all, 0..<Proof.factor)
    func everyAcknowledgedWriteSurvives(place: TestPlace, round: Int) async throws {
        let folder = try TemporaryFolder()
        let environment = try await prepare(place, folder.path)
        var (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        var users: [TestClient] = []
        for number in 0..<4 { users.append(try await client.register("user-\(number)").client) }
        let acknowledged = Acknowledged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, user) in users.enumerated() {
                group.addTask {
                    for sequence in 0..<5000 {
                        let title = "\(number)-\(sequence)"
                        guard (try? await user.post("/api/tasks", ["title": title]))?.status == 201 else { return }
                        await acknowledged.add(title)
                    }
                }
            }
            group.addTask { [process] in
                try await eventually("all write", within: .seconds(60)) { await acknowledged.count >= 300 }
                process.killHard()
                await process.waitUntilExit()
            }
            try await group.waitForAll()
        }
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        defer { process.killHard() }
        var found: [String] = []
        for (number, user) in users.enumerated() {
            let titles = try await client.with(token: user.token).allTitles()
            #expect(titles.allSatisfy { $0.hasPrefix("\(number)-") }, "a foreign row")
            found += titles
        }
        let lost = await acknowledged.all.subtracting(found)
        #expect(lost.isEmpty, "acknowledged writes are lost")
        Proof.tell(
            "kill -9 under writes, \(place.kind)",
            [
                "kills": 1, "acknowledged writes looked for": await acknowledged.count, "lost": lost.count,
                "there twice": found.count - Set(found).count,
            ])
        #expect(Set(found).count == found.count, "a write is there twice")
    }

    @Test func termAnswersWhatHasBegun() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        let (ada, _) = try await client.register("ada")
        _ = try await ada.post("/api/tasks", ["title": "x"])
        #expect(await process.terminate() == 0)
        let users = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/data/users/01")
        #expect(users == ["user_1.db"], "databases are closed: no log is left")
    }

    /// Adds a task, trying again where a request fell together with the change of the password.
    private func addTask(for user: TestClient) async throws -> String {
        var number = 0
        try await eventually("the user is let in again", within: .seconds(5)) {
            number += 1
            let answer = try await user.post("/api/tasks", ["title": "between \(number)"])
            guard [201, 503].contains(answer.status) else { throw TestFailure(answer.text) }
            return answer.status == 201
        }
        return "between \(number)"
    }

    private func prepare(_ place: TestPlace, _ folder: String) async throws -> [String: String] {
        let environment = try place.environment()
        try await place.register(in: folder, environment: environment)
        return environment
    }

    private func run(
        _ arguments: [String], in folder: String, _ environment: [String: String]
    ) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            arguments, folder: folder, environment: environment.merging(["MULTI_TENANT_MODE": "true"]) { $1 },
            input: nil)
    }

    /// The doctor finds no database without config, no config without database, no job left behind; and the server has the
    /// databases and the logins of the configs, and no others.
    /// - Parameter stock: the most databases that may be nobody's yet.
    private func expectNoOrphans(
        _ folder: String, _ environment: [String: String], on place: TestPlace, stock: Int = 0
    ) async throws {
        let doctor = try await run(["doctor"], in: folder, environment)
        #expect(doctor.status == 0, "\(doctor.output)\(doctor.errors)")
        guard let server = place.server, let prefix = environment["UNIFY_DATABASE_PREFIX"] else { return }
        let list = try await run(["database", "list", "--json"], in: folder, environment).output
        let names = list.matches(of: #/"name" : "([^"]+)"/#).map { String($0.1) }
        let logins = list.matches(of: #/"login" : "([^"]+)"/#).map { String($0.1) }
        #expect(logins.count == names.count)
        let foundNames = try await server.databaseNames(beginningWith: prefix, on: place.engine)
        let foundLogins = try await server.loginNames(beginningWith: prefix, on: place.engine)
        for (found, known) in [(foundNames, names), (foundLogins, logins)] {
            let others = Set(found).subtracting(known)
            let unknown = others.filter { !$0.hasPrefix("\(prefix)w") }
            #expect(Set(known).subtracting(found) == [], "missing on the server")
            #expect(unknown == [], "nobody's")
            #expect(others.count <= stock, "\(others)")
        }
    }
}
