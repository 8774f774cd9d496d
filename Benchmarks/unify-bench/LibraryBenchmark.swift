internal import Foundation
internal import Logging
internal import SQLiteEngine
internal import SQLiteFloor
internal import Tenancy
internal import UnifyApp

/// The cases of the library and the databases that they work on.
final class LibraryBenchmark {
    struct Case {
        let name: String
        /// Microseconds for each operation.
        let ours: () async throws -> Double
        /// The same by SQLite's C interface; 0 where there is none.
        let floor: () throws -> Double
    }

    private static let rows = 1000
    private let folder: String
    private let main: MainDatabase
    private let manager: MultiTenantDatabaseManager
    private let users: [UserID]

    private init(folder: String, main: MainDatabase, manager: MultiTenantDatabaseManager, users: [UserID]) {
        self.folder = folder
        self.main = main
        self.manager = manager
        self.users = users
    }

    static func prepare() async throws -> LibraryBenchmark {
        let folder = FileManager.default.temporaryDirectory.path + "/unify-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let engine = SQLiteEngine()
        let main = try await MainDatabase.open(
            engine, at: .file("\(folder)/main.db"), schema: AppSchema.mainDatabase)
        let manager = MultiTenantDatabaseManager(
            main: main, engines: EngineRegistry([engine]), schema: AppSchema.userDatabase, dataDirectory: folder,
            keyRing: KeyRing(current: .random()), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        var users: [UserID] = []
        for number in 0..<2 { users.append(try await makeUser("user-\(number)", manager)) }
        for user in users { try await fill(user, manager) }
        return LibraryBenchmark(folder: folder, main: main, manager: manager, users: users)
    }

    private static func makeUser(_ name: String, _ manager: MultiTenantDatabaseManager) async throws -> UserID {
        try await manager.registerUser { database in
            try await UserRepository(database).insert(
                username: name, email: "\(name)@example.org", passwordHash: nil, date: SystemTimeSource().wallNow)
        }.user.id
    }

    private static func fill(_ user: UserID, _ manager: MultiTenantDatabaseManager) async throws {
        try await manager.withUserDatabase(user) { database in
            try await database.transaction { database in
                for row in 1...rows { try await insert("Task \(row)", into: database) }
            }
        }
    }

    private static func insert(_ title: String, into database: DatabaseHandle) async throws {
        let date = SQLValue.text("2026-01-01T00:00:00.000Z")
        try await database.execute(
            "INSERT INTO Tasks (User_ID, Title, Priority, Is_Done, Created_Date, Updated_Date) VALUES (1, ?, 0, 0, ?, ?)",
            [.text(title), date, date])
    }

    var cases: [Case] {
        [
            Case(name: "point read inside a lease", ours: readsInLease, floor: { try self.floorReads() }),
            Case(name: "lease, point read, give back", ours: leasesWithRead, floor: { try self.floorReads() }),
            Case(name: "cold open to first row", ours: coldOpens, floor: { try self.floorOpens() }),
            Case(name: "durable insert, one user", ours: inserts, floor: { try self.floorInserts() }),
            Case(name: "make a user and database", ours: makings, floor: { 0 }),
        ]
    }

    func close() async {
        await manager.shutDown()
        await main.close()
        // The folder is temporary; one that stays does no harm.
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: Cases

    private static let read = "SELECT Task_ID, Title, Description FROM Tasks WHERE User_ID = 1 AND Task_ID = ?"

    private func readsInLease() async throws -> Double {
        let count = 20_000
        return try await manager.withUserDatabase(users[0], .read) { database in
            try await perOperation(count) { index in
                _ = try await database.fetchAll(Self.read, [.integer(Int64(index % Self.rows + 1))])
            }
        }
    }

    private func leasesWithRead() async throws -> Double {
        try await perOperation(20_000) { index in
            _ = try await manager.fetchAll(Self.read, [.integer(Int64(index % Self.rows + 1))], userID: users[0])
        }
    }

    private func coldOpens() async throws -> Double {
        try await perOperation(1000) { _ in
            await manager.evictOldest()
            _ = try await manager.fetchAll("SELECT Title FROM Tasks WHERE Task_ID = 1", userID: users[0])
        }
    }

    private func inserts() async throws -> Double {
        try await perOperation(500) { _ in
            try await manager.withUserDatabase(users[0]) { try await Self.insert("new", into: $0) }
        }
    }

    private func makings() async throws -> Double {
        let run = UUID().uuidString
        return try await perOperation(200) { _ = try await Self.makeUser("made-\(run)-\($0)", manager) }
    }

    private func perOperation(_ count: Int, _ body: (Int) async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        for index in 0..<count { try await body(index) }
        return (ContinuousClock.now - start) / .microseconds(1) / Double(count)
    }

    // MARK: Floor

    private var floorPath: String { "\(folder)/\(UserDatabaseFiles.relativePath(of: users[1]))" }

    private func floorReads() throws -> Double {
        try each(20_000, floor_point_reads(floorPath, 20_000, Int32(Self.rows)))
    }
    private func floorOpens() throws -> Double { try each(1000, floor_cold_opens(floorPath, 1000)) }
    private func floorInserts() throws -> Double { try each(500, floor_durable_inserts(floorPath, 500)) }

    private func each(_ count: Int, _ seconds: Double) throws -> Double {
        guard seconds > 0 else { throw TenancyError(.internalFailure, "SQLite failed under the floor's program.") }
        return seconds * 1e6 / Double(count)
    }
}
