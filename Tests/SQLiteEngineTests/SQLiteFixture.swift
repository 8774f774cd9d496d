import CSQLite
import Foundation
import SQLiteEngine
import Tenancy
import TenancyTesting

/// A database file in a folder of its own.
struct SQLiteFixture {
    static let schema = Schema([
        Migration(
            1, "things",
            creating: [
                TableDefinition(
                    "Things",
                    columns: [ColumnDefinition("Thing_ID", .identity), ColumnDefinition("Name", .longText)])
            ])
    ])

    let directory: TemporaryDirectory
    let engine: SQLiteEngine
    let path: String
    var location: DatabaseLocation { .file(path) }

    /// - Parameter name: the file's name in the folder.
    init(_ name: String = "test.db", options: SQLiteEngine.Options = .init(), time: any TimeSource = SystemTimeSource())
        throws
    {
        directory = try TemporaryDirectory()
        engine = SQLiteEngine(options: options, time: time)
        path = directory.file(name)
    }

    func make() async throws { try await engine.makeDatabase(at: location, schema: Self.schema, identity: nil) }

    /// Makes the database and connects to it.
    func connection(as role: ConnectionRole = .user) async throws -> any DatabaseConnection {
        try await make()
        return try await engine.connect(to: location, as: role)
    }

    /// Runs SQL as another program would, without any of the engine's rules.
    func runOutside(_ sql: String) throws {
        var pointer: OpaquePointer?
        defer { sqlite3_close(pointer) }
        guard sqlite3_open(path, &pointer) == SQLITE_OK, sqlite3_exec(pointer, sql, nil, nil, nil) == SQLITE_OK else {
            throw TenancyError(.internalFailure, "the test's own SQL failed: \(sql)")
        }
    }

    func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    static func mode(of path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
    }
}

extension DatabaseConnection {
    @discardableResult
    func run(_ sql: String, limits: StatementLimits = StatementLimits()) async throws -> ResultSet {
        try await query(SQLStatement(sql), limits: limits)
    }

    /// The code that a statement fails with; nil where it does not fail.
    func failure(of sql: String, limits: StatementLimits = StatementLimits()) async -> TenancyError.Code? {
        await code { try await self.run(sql, limits: limits) }
    }
}

/// The code that the body fails with; nil where it does not fail, or not with a `TenancyError`.
func code<Result>(of body: () async throws -> Result) async -> TenancyError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? TenancyError)?.code
    }
}
