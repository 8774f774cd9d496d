internal import Foundation
internal import Logging
internal import SQLiteEngine
internal import Tenancy
internal import UnifyApp

/// A system of the application's own schema, on which the cases work.
struct BenchmarkSystem: Sendable {
    let folder: String
    let main: MainDatabase
    let manager: MultiTenantDatabaseManager

    /// - Parameters:
    ///   - folder: where the main database and the files of user databases lie.
    ///   - engine: of the user databases; the main database is a file.
    static func open(
        in folder: String, engines: [any DatabaseEngine] = [], userEngine: EngineKind = .sqlite,
        keyRing: KeyRing = KeyRing(current: .random())
    ) async throws -> BenchmarkSystem {
        let sqlite = SQLiteEngine()
        let main = try await MainDatabase.open(sqlite, at: .file("\(folder)/main.db"), schema: AppSchema.mainDatabase)
        try await KeyCheck(main).verify(keyRing)
        var options = MultiTenantDatabaseManager.Options(defaultEngine: userEngine)
        options.namePrefix = "user_b\(UInt16.random(in: 0 ... .max))_"
        let manager = MultiTenantDatabaseManager(
            main: main, engines: EngineRegistry([sqlite] + engines), schema: AppSchema.userDatabase,
            dataDirectory: folder, keyRing: keyRing, options: options,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        return BenchmarkSystem(folder: folder, main: main, manager: manager)
    }

    static func inTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/unify-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The folder is temporary; one that stays does no harm.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    func close() async {
        await manager.shutDown()
        await main.close()
    }

    /// Registers a user, with a session where a token is given.
    func makeUser(_ name: String, token: SessionToken? = nil) async throws -> UserID {
        let date = SystemTimeSource().wallNow
        return try await manager.registerUser { database in
            try await UserRepository(database).insert(
                username: name, email: "\(name)@example.org", passwordHash: nil, date: date)
        } inTransaction: { database, user in
            if let token { _ = try await SessionRepository(database).insert(token, userID: user.id, date: date) }
        }.user.id
    }

    /// Registers users, many at a time; returns them in order.
    func makeUsers(_ count: Int, prefix: String, atOnce: Int = 64) async throws -> [UserID] {
        try await withThrowingTaskGroup(of: (Int, UserID).self) { group in
            var users: [Int: UserID] = [:]
            for number in 0..<count {
                if number >= atOnce, let (index, user) = try await group.next() { users[index] = user }
                group.addTask { (number, try await makeUser("\(prefix)\(number)")) }
            }
            for try await (index, user) in group { users[index] = user }
            return (0..<count).compactMap { users[$0] }
        }
    }

    /// Puts tasks numbered from 1 into a user's database, in one transaction.
    func addTasks(_ count: Int, to user: UserID) async throws {
        try await manager.withUserDatabase(user) { database in
            try await database.transaction { database in
                for number in 0..<count { try await Self.insertTask("Task \(number + 1)", of: user, in: database) }
            }
        }
    }

    static func insertTask(_ title: String, of user: UserID, in database: DatabaseHandle) async throws {
        let date = SQLValue.timestamp(Timestamp(milliseconds: 1_767_225_600_000))
        try await database.execute(
            """
            INSERT INTO Tasks (User_ID, Title, Description, Priority, Is_Done, Created_Date, Updated_Date) \
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(user.rawValue), .text(title), "some description text here", 0, .boolean(false), date, date,
            ])
    }

    func path(of user: UserID) -> String { "\(folder)/\(UserDatabaseFiles.relativePath(of: user))" }
}
