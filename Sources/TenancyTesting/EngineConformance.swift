public import Tenancy

/// An engine under test, with what the test cases need.
///
/// ``ConformanceCase/all`` specifies `DatabaseEngine` and `DatabaseConnection`.
public struct EngineConformance: Sendable {
    public let engine: any DatabaseEngine
    /// A query without parameters that returns no row until it is stopped.
    public let endlessQuery: SQLStatement
    private let makeLocation: @Sendable () throws -> DatabaseLocation

    /// - Parameters:
    ///   - endlessQuery: a query without parameters that keeps the engine busy and returns no row until it is
    ///     stopped.
    ///   - makeLocation: returns the location of a database that does not exist, a different one each time. The cases
    ///     remove what they make.
    public init(
        _ engine: any DatabaseEngine, endlessQuery: SQLStatement,
        makeLocation: @escaping @Sendable () throws -> DatabaseLocation
    ) {
        self.engine = engine
        self.endlessQuery = endlessQuery
        self.makeLocation = makeLocation
    }

    static let uuid = DatabaseID("0f3c7c5e-58a4-4b6e-9d1c-6a2f4f1f7b10")

    /// A stamp for the test's databases.
    func identity(of userID: UserID = 7) throws -> DatabaseIdentity {
        guard let uuid = Self.uuid else { throw ConformanceFailure("the suite's own UUID is wrong") }
        return DatabaseIdentity(
            userID: userID, uuid: uuid, schemaVersion: 1,
            fingerprint: ConformanceSchema.first.fingerprint(in: engine.dialect))
    }

    // MARK: Lending

    /// Lends the location of a database that does not exist, and removes what the body made.
    func withLocation<Result>(_ body: (DatabaseLocation) async throws -> Result) async throws -> Result {
        let location = try makeLocation()
        do {
            let result = try await body(location)
            try await engine.dropDatabase(at: location)
            return result
        } catch {
            // The first error is the one to report.
            try? await engine.dropDatabase(at: location)
            throw error
        }
    }

    /// Lends a new database with the suite's tables and a stamp.
    func withDatabase<Result>(_ body: (DatabaseLocation) async throws -> Result) async throws -> Result {
        try await withLocation { location in
            try await engine.makeDatabase(at: location, schema: ConformanceSchema.first, identity: try identity())
            return try await body(location)
        }
    }

    /// Lends a connection to an existing database.
    func withConnection<Result>(
        to location: DatabaseLocation, as role: ConnectionRole = .user,
        _ body: (any DatabaseConnection) async throws -> Result
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

    /// Lends a connection to a new database.
    func withConnection<Result>(
        as role: ConnectionRole = .user, _ body: (any DatabaseConnection) async throws -> Result
    ) async throws -> Result {
        try await withDatabase { try await withConnection(to: $0, as: role, body) }
    }

    /// Lends two connections to one new database.
    func withTwoConnections<Result>(
        _ body: (any DatabaseConnection, any DatabaseConnection) async throws -> Result
    ) async throws -> Result {
        try await withDatabase { location in
            try await withConnection(to: location) { first in
                try await withConnection(to: location) { try await body(first, $0) }
            }
        }
    }

    // MARK: Checking

    /// - Throws: ``ConformanceFailure`` unless the two are equal.
    func expect<Value: Equatable>(_ value: Value, is expected: Value, _ what: String) throws {
        guard value != expected else { return }
        throw ConformanceFailure("\(what) is \(Self.short(value)), should be \(Self.short(expected))")
    }

    /// - Throws: ``ConformanceFailure`` unless the condition is true.
    func expect(_ condition: Bool, _ message: String) throws {
        guard !condition else { return }
        throw ConformanceFailure(message)
    }

    /// - Throws: ``ConformanceFailure`` unless the body throws an error with this code.
    func expect<Result>(_ code: TenancyError.Code, from what: String, _ body: () async throws -> Result) async throws {
        do {
            _ = try await body()
        } catch let error as TenancyError {
            guard error.code != code else { return }
            throw ConformanceFailure("\(what) should throw \(code), threw \(error)")
        } catch let failure as ConformanceFailure {
            throw failure
        } catch {
            throw ConformanceFailure("\(what) should throw \(code), threw an error of another type: \(error)")
        }
        throw ConformanceFailure("\(what) should throw \(code), threw nothing")
    }

    private static func short(_ value: some Equatable) -> String {
        let text = String(describing: value)
        return text.utf8.count <= 200 ? text : "\(text.prefix(200))… (\(text.utf8.count) bytes)"
    }
}
