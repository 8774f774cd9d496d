import Foundation
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

@Suite("SQLiteFile", .timeLimit(.minutes(1)))
struct SQLiteFileTests {
    @Test func givesFoldersAndFilesToTheirOwnerAlone() async throws {
        let fixture = try SQLiteFixture("users/07/user_7.db")
        let connection = try await fixture.connection()
        try await connection.run("INSERT INTO Things (Name) VALUES ('makes a log')")
        for folder in ["users", "users/07"] {
            #expect(try SQLiteFixture.mode(of: fixture.directory.file(folder)) == 0o700)
        }
        for suffix in ["", "-wal", "-shm"] {
            #expect(try SQLiteFixture.mode(of: fixture.path + suffix) == 0o600)
        }
        await connection.close()
    }

    @Test func publishesAWholeFileAndNothingElse() async throws {
        let fixture = try SQLiteFixture()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 { group.addTask { try? await fixture.make() } }
        }
        #expect(fixture.directory.contents() == ["test.db"])
        let bytes = try fixture.bytes()
        let pageSize = Int(bytes[16]) << 8 | Int(bytes[17])
        let pages = bytes[28..<32].reduce(0) { $0 << 8 | Int($1) }
        #expect(bytes.count == pageSize * pages)
    }

    /// SQLite would apply a log that is left to the next database of that name.
    @Test func removesADatabaseWithEveryFileBesideIt() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        for suffix in ["-wal", "-shm", "-journal"] {
            try Data(repeating: 7, count: 5000).write(to: URL(filePath: fixture.path + suffix))
        }
        try await fixture.engine.dropDatabase(at: fixture.location)
        #expect(fixture.directory.contents() == [])
    }

    /// What differs between two new databases is put into one image of both.
    @Test(arguments: [1, 2, 127, 128, 65_536, 1 << 40, .max] as [Int64])
    func stampsEachDatabaseAsSQLWould(number: Int64) async throws {
        let fixture = try SQLiteFixture()
        let schema = SQLiteFixture.schema
        let fingerprint = schema.fingerprint(in: fixture.engine.dialect)
        for userID in [UserID(number), UserID(7)].compactMap(\.self) {
            let identity = DatabaseIdentity(
                userID: userID, uuid: .random(), schemaVersion: schema.version, fingerprint: fingerprint)
            let location = DatabaseLocation.file(fixture.directory.file("\(userID).db"))
            try await fixture.engine.makeDatabase(at: location, schema: schema, identity: identity)
            let connection = try await fixture.engine.connect(to: location, as: .maintenance)
            #expect(try await DatabaseIdentity.read(from: connection, dialect: fixture.engine.dialect) == identity)
            #expect(try await fixture.engine.integrityProblems(on: connection) == [])
            // Found by the number as SQLite itself writes it.
            let found = try await connection.query(
                SQLStatement("SELECT 1 FROM Database_Identity WHERE User_ID = ?", [.integer(userID.rawValue)]),
                limits: StatementLimits(access: .read))
            #expect(found.count == 1)
            await connection.close()
        }
    }

    @Test func leavesNothingBesideTheFileAfterClosing() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        try await connection.run("INSERT INTO Things (Name) VALUES ('x')")
        await connection.close()
        #expect(fixture.directory.contents() == ["test.db"])
        try await fixture.engine.dropDatabase(at: fixture.location)
        #expect(fixture.directory.contents() == [])
    }

    @Test func setsAsideTwiceInOneMillisecondWithoutLoss() async throws {
        let fixture = try SQLiteFixture(time: HeldClock())
        for _ in 1...3 {
            try await fixture.make()
            try await fixture.engine.quarantine(fixture.location)
        }
        #expect(fixture.directory.contents().count == 3)
    }

    @Test func refusesASymbolicLink() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let link = fixture.directory.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.path)
        #expect(await code { try await fixture.engine.connect(to: .file(link), as: .user) } == .databaseUnreadable)
    }

    /// As `users/` on a larger disk.
    @Test func aFolderMayBeASymbolicLink() async throws {
        let fixture = try SQLiteFixture("users/07/user_7.db")
        let manager = FileManager.default
        try manager.createDirectory(atPath: fixture.directory.file("disk"), withIntermediateDirectories: false)
        try manager.createSymbolicLink(
            atPath: fixture.directory.file("users"), withDestinationPath: fixture.directory.file("disk"))
        let connection = try await fixture.connection()
        try await connection.run("INSERT INTO Things (Name) VALUES ('there')")
        #expect(try manager.contentsOfDirectory(atPath: fixture.directory.file("disk/07")).count == 3)
        await connection.close()
        #expect(try await fixture.engine.sizeBytes(of: fixture.location) > 0)
        try await fixture.engine.quarantine(fixture.location)
        #expect(await code { try await fixture.engine.connect(to: fixture.location, as: .user) } == .databaseMissing)
        try await fixture.make()
        try await fixture.engine.dropDatabase(at: fixture.location)
        try await fixture.engine.dropQuarantined(of: fixture.location) { _ in false }
        #expect(try manager.contentsOfDirectory(atPath: fixture.directory.file("disk/07")).isEmpty)
    }

    /// A disk that is not mounted is no reason to take every database for lost.
    @Test(arguments: [("disk", "Is its disk mounted?"), ("users", "leads back to itself")])
    func aLinkThatLeadsNowhereIsCalledThat(target: String, words: String) async throws {
        let fixture = try SQLiteFixture("users/07/user_7.db")
        try FileManager.default.createSymbolicLink(
            atPath: fixture.directory.file("users"), withDestinationPath: fixture.directory.file(target))
        for body in [
            { _ = try await fixture.engine.connect(to: fixture.location, as: .user) }, { try await fixture.make() },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: TenancyError.self) { try await body() }
            #expect(error?.code == .databaseUnreadable, "\(String(describing: error))")
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a link somebody else's"))
    func aLinkOfSomebodyElseIsNotFollowed() async throws {
        let fixture = try SQLiteFixture("users/07/user_7.db")
        let link = fixture.directory.file("users")
        try FileManager.default.createDirectory(
            atPath: fixture.directory.file("disk"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.directory.file("disk"))
        try await fixture.make()
        #expect(lchown(link, 65_534, 65_534) == 0)
        let error = await #expect(throws: TenancyError.self) {
            try await fixture.engine.connect(to: fixture.location, as: .user)
        }
        #expect(error?.code == .databaseUnreadable)
        #expect(error?.message.contains("belongs to user 65534") == true)
    }

    /// The server's user must not lead root's commands into folders that only root can write to.
    @Test(.enabled(if: geteuid() == 0, "only root enters everybody's folders"))
    func rootFollowsAnOwnersLinkIntoThatOwnersFoldersAlone() async throws {
        let fixture = try SQLiteFixture("users/07/user_7.db")
        let (link, disk) = (fixture.directory.file("users"), fixture.directory.file("disk"))
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: disk)
        #expect(chown(fixture.directory.path, 65_534, 65_534) == 0 && lchown(link, 65_534, 65_534) == 0)
        let error = await #expect(throws: TenancyError.self) { try await fixture.make() }
        #expect(error?.code == .databaseUnreadable)
        #expect(error?.message.contains("leads to a folder of user 0") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk).isEmpty)
        #expect(chown(disk, 65_534, 65_534) == 0)
        let connection = try await fixture.connection()
        await connection.close()
        #expect(chown("\(disk)/07", 0, 0) == 0)
        #expect(await code { try await fixture.engine.connect(to: fixture.location, as: .user) } == .databaseUnreadable)
    }

    @Test func aFileWithoutALogGetsItBack() async throws {
        let fixture = try SQLiteFixture()
        let maker = try await fixture.connection()
        try await maker.run("INSERT INTO Things (Name) VALUES ('kept')")
        await maker.close()
        var status: Int32 = -1
        for script in ["PRAGMA journal_mode=DELETE", "VACUUM INTO '\(fixture.path).copy'"] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [
                "python3", "-c", "import sqlite3,sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall()",
                fixture.path, script,
            ]
            try process.run()
            process.waitUntilExit()
            status = process.terminationStatus
            #expect(status == 0)
        }
        for path in [fixture.path, fixture.path + ".copy"] {
            #expect(try Data(contentsOf: URL(filePath: path))[18..<20] == Data([1, 1]))
            let connection = try await fixture.engine.connect(to: .file(path), as: .user)
            #expect(try await connection.run("SELECT Name FROM Things").cells == [.text("kept")])
            await connection.close()
            #expect(try Data(contentsOf: URL(filePath: path))[18..<20] == Data([2, 2]), "\(path)")
        }
    }

    @Test func doesNotMakeADatabaseThroughADanglingLink() async throws {
        let fixture = try SQLiteFixture()
        let target = fixture.directory.file("target.db")
        try FileManager.default.createSymbolicLink(atPath: fixture.path, withDestinationPath: target)
        try await fixture.make()
        #expect(fixture.directory.contents() == ["test.db"])
        #expect(await code { try await fixture.engine.connect(to: fixture.location, as: .user) } == .databaseUnreadable)
    }

    @Test func tellsAMissingFileAndMakesNone() async throws {
        let fixture = try SQLiteFixture("no/such/folder.db")
        #expect(await code { try await fixture.engine.connect(to: fixture.location, as: .user) } == .databaseMissing)
        #expect(await code { try await fixture.engine.sizeBytes(of: fixture.location) } == .databaseMissing)
        #expect(fixture.directory.contents() == [])
    }

    @Test func tellsADirectoryInPlaceOfTheFile() async throws {
        let fixture = try SQLiteFixture()
        try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: false)
        #expect(await code { try await fixture.engine.connect(to: fixture.location, as: .user) } == .databaseUnreadable)
    }

    @Test(arguments: [100, 4096, 40_000])
    func tellsGarbage(_ count: Int) async throws {
        let fixture = try SQLiteFixture()
        try Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) })
            .write(to: URL(fileURLWithPath: fixture.path))
        #expect(await firstFailure(fixture) == .databaseCorrupt)
    }

    @Test func anEmptyFileHasNoTables() async throws {
        let fixture = try SQLiteFixture()
        try Data().write(to: URL(fileURLWithPath: fixture.path))
        #expect(await firstFailure(fixture) == .tableMissing)
    }

    @Test(arguments: [50, 99, 512, 4096, 9000])
    func tellsATruncatedFile(_ length: Int) async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let bytes = try fixture.bytes()
        try #require(bytes.count > length)
        try Data(bytes.prefix(length)).write(to: URL(fileURLWithPath: fixture.path))
        #expect(await firstFailure(fixture) == .databaseCorrupt)
    }

    @Test(arguments: ["relative.db", "", "/tmp/nul\0.db"])
    func refusesAPathThatIsNotAbsolute(_ path: String) async throws {
        let engine = SQLiteEngine()
        #expect(await code { try await engine.connect(to: .file(path), as: .user) } == .invalidConfiguration)
    }

    /// What connecting and reading the stamp and every table fail with first.
    private func firstFailure(_ fixture: SQLiteFixture) async -> TenancyError.Code? {
        await code {
            let connection = try await fixture.engine.connect(to: fixture.location, as: .user)
            do {
                _ = try await DatabaseIdentity.read(from: connection, dialect: fixture.engine.dialect)
                try await connection.run("SELECT * FROM Things")
                await connection.close()
            } catch {
                await connection.close()
                throw error
            }
        }
    }
}
