public import Tenancy
public import Testing

/// A database of a test's own for what is one engine's, on the server that all tests share.
public struct TestDatabase: Sendable {
    public let engine: any DatabaseEngine
    public let location: DatabaseLocation

    public static let schema = Schema([
        Migration(
            1, "things",
            creating: [
                TableDefinition(
                    "Things",
                    columns: [
                        ColumnDefinition("Thing_ID", .identity),
                        ColumnDefinition("Name", .text(maxLength: 100)).required.unique,
                        ColumnDefinition("Nickname", .caseInsensitiveText(maxLength: 100)),
                        ColumnDefinition("Amount", .integer).required.defaulting(to: 0),
                    ])
            ])
    ])

    public static func identity(of userID: UserID = 7) throws -> DatabaseIdentity {
        guard let uuid = DatabaseID("0f3c7c5e-58a4-4b6e-9d1c-6a2f4f1f7b10") else { throw TestFailure("no UUID") }
        return DatabaseIdentity(userID: userID, uuid: uuid, schemaVersion: 1, fingerprint: "f")
    }

    /// Lends a location where there is no database yet, or a database, and removes what the body made.
    public static func with(
        _ engine: any DatabaseEngine, tls: TLSOptions = TLSOptions(), isMade: Bool = true,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        var location = try TestDatabaseServer.shared(engine.kind).newLocation()
        location.tls = tls
        let database = TestDatabase(engine: engine, location: location)
        do {
            if isMade { try await database.make() }
            try await body(database)
            try await database.engine.dropDatabase(at: database.location)
        } catch {
            // The first error is the one to report.
            try? await database.engine.dropDatabase(at: database.location)
            throw error
        }
    }

    public func make(identity: DatabaseIdentity? = nil) async throws {
        let identity = try identity ?? Self.identity()
        try await engine.makeDatabase(at: location, schema: Self.schema, identity: identity)
    }

    @discardableResult
    public func withConnection<Result>(
        as role: ConnectionRole = .user, _ body: (any DatabaseConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await engine.connect(to: location, as: role)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}

extension DatabaseConnection {
    @discardableResult
    public func run(_ sql: String, _ parameters: [SQLValue] = []) async throws -> ExecutionResult {
        try await execute(SQLStatement(sql, parameters), limits: StatementLimits())
    }

    /// The cells of a query's rows, row after row.
    public func cells(_ sql: String, _ parameters: [SQLValue] = [], access: Access = .read) async throws -> [SQLValue] {
        try await query(SQLStatement(sql, parameters), limits: StatementLimits(access: access)).cells
    }
}

/// The code of the error that a body throws; nil where it throws none.
public func code(_ body: () async throws -> Void) async throws -> TenancyError.Code? {
    do {
        try await body()
        return nil
    } catch let error as TenancyError {
        return error.code
    }
}

/// Notes an issue where the body does not throw an error of this code.
public func expect(
    _ expected: TenancyError.Code, _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws {
    let thrown = try await code(body)
    #expect(thrown == expected, "\(what)", sourceLocation: sourceLocation)
}
