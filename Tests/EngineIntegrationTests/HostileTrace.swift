import Tenancy
import UnifyTesting

/// One connection of a user for hostile statements, and one beside it that sees what they did.
final class HostileTrace {
    private let engine: any DatabaseEngine
    private let location: DatabaseLocation
    private var connection: any DatabaseConnection
    private let watcher: any DatabaseConnection
    private let limits: @Sendable (Access) -> StatementLimits = { StatementLimits(access: $0, timeLimit: .seconds(2)) }

    init(_ engine: any DatabaseEngine, _ location: DatabaseLocation) async throws {
        (self.engine, self.location) = (engine, location)
        watcher = try await engine.connect(to: location, as: .maintenance)
        for name in ["one", "two"] { try await watcher.run("INSERT INTO Things (Name) VALUES ('\(name)')") }
        connection = try await engine.connect(to: location, as: .user)
    }

    func close() async {
        await connection.close()
        await watcher.close()
    }

    /// As a lease does it: what fails is reset, and a connection that cannot be is replaced.
    func run(_ sql: String, _ access: Access) async {
        let parameters: [SQLValue] = sql.contains("?") ? ["x"] : []
        _ = try? await connection.query(SQLStatement(sql, parameters), limits: limits(access))
        guard connection.needsReset, await !connection.reset() else { return }
        await connection.close()
        // Where it cannot be made, the next look says so.
        if let next = try? await engine.connect(to: location, as: .user) { connection = next }
    }

    /// Every row of the database, and its schema.
    func stored() async throws -> [String] {
        var rows: [String] = []
        for table in ["Things", "Database_Identity", "Schema_Migrations"] {
            rows += try await cells("SELECT * FROM \(table) ORDER BY 1", on: watcher)
        }
        rows += try await schema()
        return rows
    }

    func everything() async -> [String] {
        // What was done may be the end of it all.
        let stored = (try? await stored()) ?? ["gone"]
        return stored + ((try? await session()) ?? ["gone"])
    }

    func schema() async throws -> [String] {
        let queries =
            switch engine.kind {
            case .postgresql:
                [
                    "SELECT relname::text, relkind::text, relacl::text FROM pg_class WHERE oid >= 16384 ORDER BY oid",
                    "SELECT COUNT(*) FROM pg_largeobject_metadata", "SELECT last_value FROM things_thing_id_seq",
                    "SELECT COUNT(*) FROM pg_db_role_setting",
                    "SELECT COUNT(*) FROM pg_description WHERE objoid >= 16384",
                    "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'",
                ]
            case .mysql:
                [
                    "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
                    "SELECT IS_USED_LOCK('unify:z')",
                ]
            default: ["SELECT * FROM sqlite_master ORDER BY name"]
            }
        var found: [String] = []
        // The number that the next row gets is moved by what an honest lease for writing does.
        for query in queries where !query.contains("last_value") { found += try await cells(query, on: watcher) }
        return found
    }

    /// What the user's connection would hand on to the next lease.
    func session() async throws -> [String] {
        let queries =
            switch engine.kind {
            case .postgresql:
                [
                    "SELECT name, setting FROM pg_settings ORDER BY name",
                    "SELECT COUNT(*) FROM pg_prepared_statements WHERE from_sql",
                    "SELECT COUNT(*) FROM pg_cursors WHERE is_holdable",
                    "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'",
                    "SELECT current_user::text, session_user::text",
                ]
            case .mysql:
                [
                    """
                    SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.SESSION_VARIABLES WHERE VARIABLE_NAME NOT IN \
                    ('TIMESTAMP', 'RAND_SEED1', 'RAND_SEED2', 'LAST_GTID', 'ERROR_COUNT', 'WARNING_COUNT', 'INSERT_ID', \
                    'IDENTITY', 'LAST_INSERT_ID', 'PSEUDO_THREAD_ID') ORDER BY 1
                    """,
                    "SELECT @a, DATABASE(), CURRENT_USER()",
                ]
            default: ["SELECT * FROM sqlite_temp_master", "PRAGMA data_version", "PRAGMA page_size"]
            }
        var found: [String] = []
        for query in queries { found += try await cells(query, on: connection) }
        return found
    }

    func logsIn() async throws -> Bool {
        await (try await engine.connect(to: location, as: .user)).close()
        return true
    }

    private func cells(_ sql: String, on connection: any DatabaseConnection) async throws -> [String] {
        try await connection.query(SQLStatement(sql), limits: limits(.read)).map { row in
            (0..<row.columns.count).map { "\(row[$0])" }.joined(separator: " ")
        }
    }
}
