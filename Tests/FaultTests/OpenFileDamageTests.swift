import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// What may happen to the file of a database that is open: its user is refused, nobody else is, no write is acknowledged
/// that nobody finds again, and when the sound file is back all goes on without a restart.
@Suite(.tags(.proof), .timeLimit(.minutes(10)), .serialized) struct OpenFileDamageTests {
    enum Damage: String, CaseIterable, Sendable {
        case truncated, overwritten, deleted, swapped, replaced

        /// What the user is told when it has been noticed.
        var code: String {
            switch self {
            case .truncated, .overwritten, .replaced: "database_corrupt"
            case .deleted: "database_missing"
            case .swapped: "wrong_database"
            }
        }

        /// Whether nobody finds again what goes into the file that is open.
        var takesFileAway: Bool { self != .truncated && self != .overwritten }

        func inflict(on file: DatabaseFile, with other: DatabaseFile) throws {
            switch self {
            case .truncated: try file.truncate(to: 5000)
            case .overwritten: try file.overwrite()
            case .deleted: try file.delete()
            case .swapped: try file.replace(by: other.copy)
            case .replaced:
                let path = file.copy + ".garbage"
                try DatabaseFile.garbage(40_960).write(to: URL(filePath: path))
                try file.replace(by: path)
            }
        }
    }

    private static let codes: Set<String> = ["database_missing", "database_corrupt", "wrong_database"]
    private static let names = ["ada", "bob", "carol"]

    /// A server with three users who have written; the copies of their files are older than its start.
    private struct Scene {
        let folder: TemporaryFolder
        let process: UnifyProcess
        let users: [TestClient]
        let files: [DatabaseFile]

        var ada: TestClient { users[0] }
        var file: DatabaseFile { files[0] }
    }

    @Test(arguments: Damage.allCases)
    func itsUserIsRefusedUntilTheSoundFileIsBack(damage: Damage) async throws {
        // Two connections for three users: each request of one closes another's, so that damage is noticed which the
        // pages in memory hide.
        let scene = try await scene(["UNIFY_MAX_CONNECTIONS": "2"])
        defer { scene.process.killHard() }
        #expect(try await scene.users[1].allTitles() == titles(of: "bob"))
        #expect(try await scene.ada.allTitles() == titles(of: "ada"), "the database is open")
        try damage.inflict(on: scene.file, with: scene.files[1])
        var acknowledged = Set(titles(of: "ada"))
        // First of all, so that they come to the connection that is open.
        for number in 0..<5 where damage.takesFileAway {
            let title = "ada without a file \(number)"
            let answer = try await scene.ada.post("/api/tasks", ["title": title])
            if answer.status == 201 { acknowledged.insert(title) } else { #expect(answer.status == 503) }
        }
        let refusals = try await refusals(in: scene)
        #expect(refusals.last == damage.code, "\(refusals)")
        #expect(Self.codes.isSuperset(of: refusals), "\(refusals)")
        #expect(scene.process.log.contains(damage.code), "the operator's log says why")

        try scene.file.putBack()
        let found = try await scene.ada.allTitles()
        let lost = acknowledged.subtracting(found)
        #expect(lost.isEmpty, "acknowledged writes are lost: \(lost)")
        expectOnly("ada", found)
        #expect(try await scene.ada.post("/api/tasks", ["title": "ada goes on"]).status == 201)
        try await expectOthersServed(scene)
        Proof.tell(
            "a file damaged while open, sqlite",
            [
                "kinds of damage": 1, "requests refused": refusals.count,
                "acknowledged writes looked for": acknowledged.count, "lost": lost.count,
            ])
    }

    /// What was under way when the file went may be lost; what began afterwards must not be acknowledged and lost.
    @Test func noWriteThatBeganWithoutAFileIsAcknowledgedAndLost() async throws {
        let scene = try await scene()
        defer { scene.process.killHard() }
        let writes = Writes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask { [ada = scene.ada] in
                    for number in 0..<10_000 {
                        let isGone = await writes.isFileGone
                        let title = "ada \(lane)-\(number)"
                        let status = try await ada.post("/api/tasks", ["title": title]).status
                        await writes.note(title, status, isFileGone: isGone)
                        if await writes.refused >= 40 { return }
                    }
                }
            }
            try await eventually("Ada writes", within: .seconds(60)) { await writes.acknowledgedBefore >= 100 }
            try scene.file.delete()
            await writes.fileIsGone()
            try await group.waitForAll()
        }
        #expect(await writes.statuses == [201, 503])
        try await expectOthersServed(scene)
        try scene.file.putBack()
        let found = try await scene.ada.allTitles()
        #expect(await writes.acknowledgedAfter.subtracting(found) == [], "acknowledged and lost")
        #expect(Set(found).isSuperset(of: titles(of: "ada")))
        expectOnly("ada", found)
        #expect(try await scene.ada.post("/api/tasks", ["title": "ada goes on"]).status == 201)
    }

    /// The index of SQLite's log is memory that all connections to a path share, also those to the file before: whoever
    /// opens the new one may take it away under them.
    @Test func aFileReplacedAgainAndAgainUnderLoadIsNobodyElsesTrouble() async throws {
        let scene = try await scene(["UNIFY_USER_PARALLELISM": "8"], notesOfAda: 100)
        defer { scene.process.killHard() }
        let statuses = try await withThrowingTaskGroup(of: Set<Int>.self) { group in
            let load = Load()
            for lane in 0..<7 {
                group.addTask { [ada = scene.ada] in
                    var statuses: Set<Int> = []
                    while await !load.isOver {
                        let answer =
                            try await lane == 0
                            ? ada.post("/api/tasks", ["title": "ada under load"])
                            : ada.get("/api/notes?q=nothing&limit=1")
                        statuses.insert(answer.status)
                    }
                    return statuses
                }
            }
            for _ in 0..<200 {
                try scene.file.replace(by: scene.file.copy)
                try await expectOthersServed(scene)
            }
            await load.end()
            return try await group.reduce(into: Set<Int>()) { $0.formUnion($1) }
        }
        #expect(statuses.isSubset(of: [200, 201, 503]), "\(statuses)")
        #expect(scene.process.isRunning)
        try scene.file.putBack()
        #expect(try await scene.ada.allTitles() == titles(of: "ada"))
    }

    @Test(.enabled(if: Nobody.canRun, "only root can run a server as somebody else"))
    func aFileMadeReadOnlyTakesNoWritesUntilItMayBeWrittenAgain() async throws {
        let folder = try TemporaryFolder()
        try Nobody.own(folder.path)
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_MAX_CONNECTIONS": "2"], wrapper: Nobody.wrapper,
            program: try Nobody.program(in: folder.path))
        defer { process.killHard() }
        let users = try await users(of: client)
        let scene = Scene(
            folder: folder, process: process, users: users, files: [DatabaseFile(of: 1, in: folder.path)])
        var acknowledged = Set(titles(of: "ada"))
        try scene.file.setMode(0o400)
        let refused = try await writes(in: scene, until: { $0 != 201 }, &acknowledged)
        #expect(refused?.status == 503)
        #expect(refused?.code == "database_unreadable")
        try scene.file.setMode(0o600)
        let taken = try await writes(in: scene, until: { $0 == 201 }, &acknowledged)
        #expect(taken?.status == 201, "\(taken?.text ?? "")")
        let lost = acknowledged.subtracting(try await scene.ada.allTitles())
        #expect(lost.isEmpty, "acknowledged writes are lost: \(lost)")
    }

    // MARK: The scene

    private func scene(_ environment: [String: String] = [:], notesOfAda: Int = 0) async throws -> Scene {
        let folder = try TemporaryFolder()
        var (process, client) = try await UnifyProcess.serve(folder: folder.path)
        let first = try await users(of: client)
        for number in 0..<notesOfAda {
            let note = ["title": "ada \(number)", "body": String(repeating: "x", count: 50_000)]
            #expect(try await first[0].post("/api/notes", note).status == 201)
        }
        #expect(await process.terminate() == 0)
        let files = (1...Self.names.count).map { DatabaseFile(of: $0, in: folder.path) }
        for file in files { try file.keepCopy() }
        (process, client) = try await UnifyProcess.serve(folder: folder.path, environment: environment)
        let signedIn = first.map { client.with(token: $0.token) }
        return Scene(folder: folder, process: process, users: signedIn, files: files)
    }

    /// Three users, each with three tasks.
    private func users(of client: TestClient) async throws -> [TestClient] {
        var users: [TestClient] = []
        for name in Self.names {
            let (user, _) = try await client.register(name)
            for title in titles(of: name) {
                #expect(try await user.post("/api/tasks", ["title": title]).status == 201)
            }
            users.append(user)
        }
        return users
    }

    private func titles(of name: String) -> [String] { (0..<3).map { "\(name) \($0)" } }

    // MARK: Asking

    /// Asks for all users in turn until the first one has been refused a few times, in vain after a hundred times.
    /// - Returns: the codes of the refusals.
    private func refusals(in scene: Scene) async throws -> [String] {
        var codes: [String] = []
        for _ in 0..<100 where codes.count < 5 {
            let answer = try await scene.ada.get("/api/tasks?limit=200")
            if answer.status == 200 {
                #expect(codes.isEmpty, "the damage has been noticed before")
                expectOnly("ada", answer.items.compactMap { $0["title"] as? String })
            } else {
                #expect(answer.status == 503, "\(answer.text)")
                codes.append(answer.code ?? answer.text)
            }
            try await expectOthersServed(scene)
        }
        return codes
    }

    /// Writes for the first user, and asks for the others in between, until an answer is of this kind or there were fifty.
    private func writes(
        in scene: Scene, until isLast: (Int) -> Bool, _ acknowledged: inout Set<String>
    ) async throws -> TestClient.Answer? {
        var last: TestClient.Answer?
        for _ in 0..<50 {
            let title = "ada \(acknowledged.count)"
            let answer = try await scene.ada.post("/api/tasks", ["title": title])
            if answer.status == 201 { acknowledged.insert(title) }
            last = answer
            if isLast(answer.status) { break }
            try await expectOthersServed(scene)
        }
        return last
    }

    private func expectOthersServed(_ scene: Scene) async throws {
        for (name, user) in zip(Self.names, scene.users).dropFirst() {
            let answer = try await user.get("/api/tasks?limit=200")
            let found = answer.items.compactMap { $0["title"] as? String }
            #expect(answer.status == 200, "\(answer.text)")
            #expect(found == titles(of: name))
        }
    }

    private func expectOnly(_ name: String, _ titles: [String]) {
        let foreign = titles.filter { !$0.hasPrefix("\(name) ") }
        #expect(foreign == [], "rows of others")
    }
}

/// Writes of several tasks, before and after a file has gone.
private actor Writes {
    private(set) var isFileGone = false
    private(set) var acknowledgedBefore = 0
    private(set) var acknowledgedAfter: Set<String> = []
    private(set) var refused = 0
    private(set) var statuses: Set<Int> = []

    func fileIsGone() { isFileGone = true }

    /// - Parameter isFileGone: whether it was when the write began.
    func note(_ title: String, _ status: Int, isFileGone: Bool) {
        statuses.insert(status)
        if status != 201 {
            refused += 1
        } else if isFileGone {
            acknowledgedAfter.insert(title)
        } else {
            acknowledgedBefore += 1
        }
    }
}

/// Work that goes on until it is told to end.
private actor Load {
    private(set) var isOver = false

    func end() { isOver = true }
}
