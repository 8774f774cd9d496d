public import Tenancy

/// A main database and a manager over a given engine, in their own folder, with one table `Tasks` per user.
public struct TestSystem: Sendable {
    public let directory: TemporaryDirectory
    public let main: MainDatabase
    public let manager: MultiTenantDatabaseManager

    /// The schema of a user's database: `Tasks` with `Task_ID` and `Title`.
    public static let userSchema = Schema([
        Migration(
            1, "tasks",
            creating: [
                TableDefinition(
                    "Tasks",
                    columns: [ColumnDefinition("Task_ID", .identity), ColumnDefinition("Title", .longText).required])
            ])
    ])

    public init(directory: TemporaryDirectory, main: MainDatabase, manager: MultiTenantDatabaseManager) {
        self.directory = directory
        self.main = main
        self.manager = manager
    }

    /// Shared, so that a second system over the same main database has the first one's key.
    public static let rootKey = RootKey.random()

    /// - Parameters:
    ///   - engine: holds the main database, and is the only engine for users' databases.
    ///   - server: for an engine with servers, the host, port and provisioning login of the server for the main
    ///     database (under its own name) and the users' databases.
    ///   - mainLocation: where the main database is; nil for a new one.
    ///   - directory: the folder, so that a second system can be opened over the same databases; nil for a new one.
    ///   - options: the manager's options; the engine's kind becomes the default one.
    public static func open(
        _ engine: any DatabaseEngine, server: DatabaseLocation? = nil, mainLocation: DatabaseLocation? = nil,
        in directory: TemporaryDirectory? = nil,
        options: MultiTenantDatabaseManager.Options = MultiTenantDatabaseManager.Options(),
        keyRing: KeyRing = KeyRing(current: TestSystem.rootKey), time: any TimeSource = SystemTimeSource()
    ) async throws -> TestSystem {
        let directory = try directory ?? TemporaryDirectory()
        var location = mainLocation ?? server ?? .file(directory.file("main.db"))
        if location.path == nil, location.name == nil { location.name = "user_main_\(randomWord())" }
        let main = try await MainDatabase.open(engine, at: location, time: time)
        try await KeyCheck(main).verify(keyRing)
        var options = options
        options.defaultEngine = engine.kind
        if options.expectedTables.isEmpty { options.expectedTables = ["Tasks"] }
        if server != nil, options.namePrefix == MultiTenantDatabaseManager.Options.defaultNamePrefix {
            options.namePrefix = "user_t\(randomWord())_"
        }
        let manager = MultiTenantDatabaseManager(
            main: main, engines: EngineRegistry([engine]), schema: userSchema, dataDirectory: directory.path,
            keyRing: keyRing, options: options)
        if let server, let host = server.host, let login = server.login,
            try await manager.serverOverview(after: 0, limit: 1).isEmpty
        {
            try await manager.registerServer(
                ServerRequest(name: "server", engine: engine.kind, host: host, port: server.port, login: login))
        }
        return TestSystem(directory: directory, main: main, manager: manager)
    }

    private static func randomWord() -> String { String(UInt32.random(in: 0 ... .max), radix: 36) }

    /// Lends a new system to the body and closes it.
    public static func with<Result>(
        _ engine: any DatabaseEngine, server: DatabaseLocation? = nil,
        options: MultiTenantDatabaseManager.Options = MultiTenantDatabaseManager.Options(),
        keyRing: KeyRing = KeyRing(current: TestSystem.rootKey), time: any TimeSource = SystemTimeSource(),
        isolation: isolated (any Actor)? = #isolation,
        _ body: (TestSystem) async throws -> Result
    ) async throws -> Result {
        let system = try await open(engine, server: server, options: options, keyRing: keyRing, time: time)
        do {
            let result = try await body(system)
            await system.close()
            return result
        } catch {
            await system.close()
            throw error
        }
    }

    /// Closes every connection. The folder is removed with the last copy of this value.
    public func close() async {
        await manager.shutDown()
        await main.close()
    }

    /// Adds a user, whose email address is made from their name.
    /// - Parameter hasDatabase: false to add only the row of `Users`.
    @discardableResult
    public func addUser(
        _ name: String, isAdmin: Bool = false, hasDatabase: Bool = true
    ) async throws -> UserAccount {
        let date = main.time.wallNow
        let add: @Sendable (DatabaseHandle) async throws -> UserAccount = { database in
            try await UserRepository(database).insert(
                username: name, email: "\(name)@example.org", passwordHash: nil, isAdmin: isAdmin, date: date)
        }
        guard hasDatabase else { return try await main.transaction { try await add($0) } }
        return try await manager.registerUser(addUser: add).user
    }

    /// Adds a task to a user's database and returns its number.
    @discardableResult
    public func addTask(_ title: String, for userID: UserID) async throws -> Int64 {
        try await manager.withUserDatabase(userID) {
            try await $0.insert(into: "Tasks", ["Title": .text(title)], identity: "Task_ID")
        }
    }

    /// The titles of a user's tasks, oldest first.
    public func taskTitles(of userID: UserID) async throws -> [String] {
        try await manager.fetchAll("SELECT Title FROM Tasks ORDER BY Task_ID", userID: userID).map {
            try $0.text("Title")
        }
    }
}
