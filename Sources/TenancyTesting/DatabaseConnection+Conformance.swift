internal import Tenancy

extension DatabaseConnection {
    @discardableResult
    func run(
        _ sql: String, _ parameters: [SQLValue] = [], limits: StatementLimits = StatementLimits()
    ) async throws -> ExecutionResult {
        try await execute(SQLStatement(sql, parameters), limits: limits)
    }

    func rows(
        _ sql: String, _ parameters: [SQLValue] = [], limits: StatementLimits = StatementLimits(access: .read)
    ) async throws -> ResultSet {
        try await query(SQLStatement(sql, parameters), limits: limits)
    }

    /// The first cell of the first row, as an integer.
    func number(_ sql: String, _ parameters: [SQLValue] = []) async throws -> Int64 {
        guard let row = try await rows(sql, parameters).first, case .integer(let number) = row[0] else {
            throw ConformanceFailure("`\(sql)` gave no whole number")
        }
        return number
    }

    func addOwner(_ name: String, limits: StatementLimits = StatementLimits()) async throws {
        try await run("INSERT INTO Owners (Name) VALUES (?)", [.text(name)], limits: limits)
    }

    var ownerCount: Int64 {
        get async throws { try await number("SELECT COUNT(*) FROM Owners") }
    }

    var ownerNames: [String] {
        get async throws { try await rows("SELECT Name FROM Owners ORDER BY Name").map { try $0.text("Name") } }
    }

    /// Inserts a row in the dialect's way, and returns its generated number.
    func insertOwner(_ name: String, in dialect: any Dialect) async throws -> Int64 {
        let sql = dialect.insert(into: "Owners", columns: ["Name"], identity: "Owner_ID")
        switch dialect.insertedIdentity {
        case .lastInsertID:
            guard let id = try await run(sql, [.text(name)]).lastInsertID else {
                throw ConformanceFailure("an INSERT gave no lastInsertID, although the dialect says that it does")
            }
            return id
        case .returning, .output:
            let rows = try await rows(sql, [.text(name)], limits: StatementLimits())
            guard let row = rows.first else { throw ConformanceFailure("an INSERT gave no row with its number") }
            return try row.integer("Owner_ID")
        }
    }
}
