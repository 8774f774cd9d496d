import Foundation
import Testing
import UnifyTesting

/// A copy of the main database that is put back does not bring back who was signed out.
@Suite(.timeLimit(.minutes(2))) struct RestoredMainDatabaseTests {
    private let folder: TemporaryFolder
    private var data: String { "\(folder.path)/data" }

    init() throws { folder = try TemporaryFolder() }

    private func copy(_ from: String, to: String) throws {
        try FileManager.default.copyDatabase(from: from, to: to)
    }

    /// Whatever makes a main database where there is none must not do so beside the data of one that was lost.
    @Test(arguments: [true, false]) func aLostMainDatabaseIsNotReplacedByAnEmptyOne(hasUsers: Bool) async throws {
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        if hasUsers { _ = try await client.register("ada") }
        #expect(await process.terminate() == 0)
        try copy("\(data)/main.db", to: "\(folder.path)/copy.db")
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(data)/main.db\(suffix)") }
        for arguments in [
            ["serve"], ["setup", "create-table"],
            [
                "user", "create", "--username", "eve", "--email", "eve@example.org", "--password-stdin",
                "--new-installation",
            ],
        ] {
            let result = try await UnifyProcess.run(
                arguments, folder: folder.path, environment: ["MULTI_TENANT_MODE": "true", "UNIFY_PORT": "0"],
                input: TestClient.password + "\n")
            #expect(result.status == 1, "\(arguments)")
            for words in [hasUsers ? "users/01/user_1.db" : "main-database-witness", "from a backup", "mv \(data)"] {
                #expect(result.errors.contains(words), "\(arguments): \(result.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: "\(data)/main.db"), "\(arguments)")
        }
        let doctor = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(doctor.status == 1)
        #expect(doctor.output.contains("FAULT  database_missing"), "\(doctor.output)")
        #expect(doctor.output.contains("to mend it: restore the main database from a backup"), "\(doctor.output)")
        #expect(!doctor.output.contains("create-table"))
        // As it says: with the copy in its place all is well, and so is a new installation once the folder is away.
        try copy("\(folder.path)/copy.db", to: "\(data)/main.db")
        #expect(chmod("\(data)/main.db", 0o600) == 0)
        let restored = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(restored.status == 0, "\(restored.output)")
        try FileManager.default.moveItem(atPath: data, toPath: "\(data).old")
        #expect(try await UnifyProcess.run("setup", "create-table", folder: folder.path).status == 0)
    }

    @Test func whoWasSignedOutStaysSignedOut() async throws {
        let (first, client) = try await UnifyProcess.serve(folder: folder.path)
        let ada = try await client.register("ada").client
        #expect(await first.terminate() == 0)
        try copy("\(data)/main.db", to: "\(folder.path)/copy.db")

        let (second, again) = try await UnifyProcess.serve(folder: folder.path)
        #expect(try await again.with(token: ada.token).get("/api/me").status == 200, "no false alarm")
        #expect(try await again.with(token: ada.token).post("/api/logout", [:]).status == 204)
        #expect(await second.terminate() == 0)
        try copy("\(folder.path)/copy.db", to: "\(data)/main.db")

        let doctor = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(doctor.status == 1)
        #expect(doctor.output.contains("FAULT  main_database_older"), "\(doctor.output)")

        let (third, last) = try await UnifyProcess.serve(folder: folder.path)
        #expect(try await last.with(token: ada.token).get("/api/me").status == 401)
        #expect(try await last.get("/readyz").text.contains("main_database_restored"))
        #expect(third.log.contains("older copy"))
        #expect(await third.terminate() == 0)

        let after = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(after.status == 0, "\(after.output)")
        #expect(after.output.contains("main_database_restored"))
    }

    /// Without the record nobody could tell an older copy, or a log that was cut, so its absence is reported.
    @Test func aRecordThatIsGoneIsReported() async throws {
        let (first, client) = try await UnifyProcess.serve(folder: folder.path)
        _ = try await client.register("ada")
        #expect(await first.terminate() == 0)
        let record = "\(data)/main-database-witness"
        try FileManager.default.moveItem(atPath: record, toPath: "\(folder.path)/kept")
        #expect(try await found("main_database_record_missing"))
        // As the remedy says: the file is put back.
        try FileManager.default.moveItem(atPath: "\(folder.path)/kept", toPath: record)
        #expect(try await mended("main_database_record_missing"))
        // Or the server, which says so, begins a new one.
        try FileManager.default.removeItem(atPath: record)
        let (second, _) = try await UnifyProcess.serve(folder: folder.path)
        #expect(second.log.contains("the record of the main database is not there"))
        #expect(await second.terminate() == 0)
        #expect(try await mended("main_database_record_missing"))
    }

    private func found(_ code: String) async throws -> Bool {
        let result = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(result.status == 0, "a notice is no failure: \(result.output)")
        return result.output.contains(code)
    }

    private func mended(_ code: String) async throws -> Bool { try await !found(code) }

    /// Killed at once after a change, again and again: what was committed and not recorded is no alarm.
    @Test func killsAreNoAlarm() async throws {
        var token: String?
        for round in 0..<4 {
            let (server, client) = try await UnifyProcess.serve(folder: folder.path)
            if let token { #expect(try await client.with(token: token).get("/api/me").status == 200, "round \(round)") }
            let (made, _) = try await client.register("user\(round)")
            token = made.token
            _ = try await client.register("other\(round)").client.post("/api/logout", [:])
            server.killHard()
            await server.waitUntilExit()
        }
        let doctor = try await UnifyProcess.run("doctor", folder: folder.path)
        #expect(doctor.status == 0, "\(doctor.output)")
    }
}
