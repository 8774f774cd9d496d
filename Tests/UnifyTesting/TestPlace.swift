internal import Foundation
internal import MySQLEngine
internal import PostgreSQLEngine
internal import SQLServerEngine
internal import SQLiteEngine
public import Tenancy
public import Testing

/// An engine on which a test has its databases, the main one and those of users.
public struct TestPlace: Sendable, CustomTestStringConvertible {
    public let engine: any DatabaseEngine
    /// The server that all tests share; nil for files.
    public let server: TestDatabaseServer?

    public var kind: EngineKind { engine.kind }
    public var testDescription: String { kind.rawValue }

    public init(engine: any DatabaseEngine, server: TestDatabaseServer?) {
        self.engine = engine
        self.server = server
    }

    /// The main database has threads of its own, as the program gives them to it.
    var mainEngine: any DatabaseEngine { kind == .sqlite ? Self.mainFiles : engine }

    private static let mainFiles = files(named: "sqlite-main")

    public static let sqlite = TestPlace(engine: files(named: "sqlite"), server: nil)

    /// A file in which to collect whatever SQL Server would be sent; there are no servers then.
    private static let collectedStatements = ProcessInfo.processInfo.environment["UNIFY_TEST_TSQL"]

    private static func files(named name: String) -> any DatabaseEngine {
        guard let path = collectedStatements else { return SQLiteEngine(name: name) }
        do {
            return try TwinEngine(name: name, collectingIn: path)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Every engine that has servers here: PostgreSQL and MySQL always, SQL Server where `UNIFY_TEST_SQLSERVER_URL` names one.
    public static let servers: [TestPlace] = {
        if collectedStatements != nil { return [] }
        var engines: [any DatabaseEngine] = [PostgreSQLEngine(), MySQLEngine()]
        if TestDatabaseServer.hasSQLServer { engines.append(SQLServerEngine()) }
        return engines.compactMap { engine in
            // Without the servers nothing is skipped: the tests that name them fail, and say how to start them.
            TestPlace(engine: engine, server: TestDatabaseServer.sharedOrAbsent(engine.kind))
        }
    }()

    public static let all = [sqlite] + servers

    /// Lets a few tests at a time work on a server: all of them together would take all of its connections.
    public func whileOthersWait<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        guard server != nil else { return try await body() }
        await Self.turnstile.enter()
        do {
            let result = try await body()
            await Self.turnstile.leave()
            return result
        } catch {
            await Self.turnstile.leave()
            throw error
        }
    }

    private static let turnstile = Turnstile(width: 2)

    private actor Turnstile {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(width: Int) { free = width }

        func enter() async {
            guard free == 0 else {
                free -= 1
                return
            }
            await withCheckedContinuation { waiting.append($0) }
        }

        func leave() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }

    /// Settings for the program, with a main database of its own; ``register(in:environment:)`` comes after.
    public func environment() throws -> [String: String] {
        guard let server else { return [:] }
        let main = server.newMainLocation()
        return [
            "UNIFY_MAIN_DATABASE_URL": try server.url(of: main), "UNIFY_DEFAULT_ENGINE": kind.rawValue,
            "UNIFY_DATABASE_PREFIX": "user_t\(UInt32.random(in: 0 ... .max))_",
        ]
    }

    /// Makes the main database that the settings name, and registers the server in it.
    public func register(in folder: String, environment: [String: String]) async throws {
        guard let server, let host = server.location.host, let port = server.location.port,
            let login = server.location.login
        else { return }
        for (arguments, input) in [
            (["setup", "create-table"], nil),
            (
                [
                    "server", "add", "shared", "--engine", kind.rawValue, "--host", host, "--port", "\(port)",
                    "--login", login.name, "--password-stdin",
                ], login.password.unsafeReveal() + "\n"
            ),
        ] as [([String], String?)] {
            let result = try await UnifyProcess.run(arguments, folder: folder, environment: environment, input: input)
            guard result.status == 0 else { throw TestFailure("\(arguments): \(result.errors)") }
        }
    }
}
