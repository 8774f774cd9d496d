internal import Tenancy

/// T-SQL. Text is NVARCHAR, compared bytewise without trailing blanks, as SQL Server always does. Instants are
/// DATETIME2(3) in UTC.
struct SQLServerDialect: Dialect {
    /// SQL Server's quoting and comment rules with QUOTED_IDENTIFIER on.
    static let quoting: SQLScanner.Quoting = [.brackets, .nestedComments, .asciiWords]

    private static let exactCollation = "Latin1_General_100_BIN2"
    /// A collation that SQL Server and Babelfish both have.
    private static let caseInsensitiveCollation = "Latin1_General_CI_AS"
    /// The most UTF-16 code units of a text that is not NVARCHAR(MAX).
    private static let maxUnits = 4000

    let engine = EngineKind.sqlserver
    let limitClause = "OFFSET 0 ROWS FETCH NEXT ? ROWS ONLY"
    let insertedIdentity = InsertedIdentity.output
    var quoting: SQLScanner.Quoting { Self.quoting }

    func quote(_ identifier: Identifier) -> String { "[\(identifier.text)]" }

    /// The pattern uses sets rather than ESCAPE, which Babelfish ignores after a `%`.
    func contains(_ column: Identifier) -> String { "\(quote(column)) LIKE ?" }

    func pattern(containing text: String) -> String { SearchPattern.like(text) }

    func statements(creating table: TableDefinition) -> [String] {
        var parts = table.columns.map { "\(quote($0.name)) \(definition(of: $0))" }
        parts += table.foreignKeys.map { key in
            "FOREIGN KEY (\(quote(key.column))) REFERENCES \(quote(key.table)) (\(quote(key.targetColumn)))"
        }
        let create = "CREATE TABLE \(quote(table.name)) (\n    \(parts.joined(separator: ",\n    "))\n)"
        let unique = table.columns.filter { $0.isUnique && $0.isNullable }.map { column in
            // A UNIQUE constraint treats all NULLs as equal.
            index([column.name], of: table, isUnique: true) + " WHERE \(quote(column.name)) IS NOT NULL"
        }
        return [create] + unique + table.indexes.map { index($0.columns, of: table, isUnique: $0.isUnique) }
    }

    private func index(_ columns: [Identifier], of table: TableDefinition, isUnique: Bool) -> String {
        let name = (["IX", table.name.text] + columns.map(\.text)).joined(separator: "_").prefix(128)
        return "CREATE \(isUnique ? "UNIQUE " : "")INDEX [\(name)] ON \(quote(table.name)) "
            + "(\(columns.map(quote).joined(separator: ", ")))"
    }

    func definition(of column: ColumnDefinition) -> String {
        if case .identity = column.kind { return "BIGINT IDENTITY(1,1) PRIMARY KEY" }
        var text = type(of: column) + (column.isNullable ? " NULL" : " NOT NULL")
        if let value = column.defaultValue { text += " DEFAULT \(literal(value))" }
        if column.isPrimaryKey { text += " PRIMARY KEY" }
        if column.isUnique, !column.isNullable { text += " UNIQUE" }
        return text
    }

    private func type(of column: ColumnDefinition) -> String {
        switch column.kind {
        case .identity, .integer: "BIGINT"
        case .boolean: "BIT"
        case .text(let maxLength): "\(text(maxLength)) COLLATE \(Self.exactCollation)"
        case .caseInsensitiveText(let maxLength): "\(text(maxLength)) COLLATE \(Self.caseInsensitiveCollation)"
        case .longText: "NVARCHAR(MAX) COLLATE \(Self.exactCollation)"
        case .timestamp: "DATETIME2(3)"
        }
    }

    /// A character takes up to two of the units that SQL Server counts.
    private func text(_ maxLength: Int) -> String {
        "NVARCHAR(\(maxLength * 2 <= Self.maxUnits ? "\(maxLength * 2)" : "MAX"))"
    }

    func sessionLock(named name: String) -> SQLStatement? {
        let sql = """
            DECLARE @outcome INT; EXEC @outcome = sp_getapplock @Resource = ?, @LockMode = 'Exclusive', \
            @LockOwner = 'Session', @LockTimeout = 60000, @DbPrincipal = 'public'; \
            SELECT CAST(CASE WHEN @outcome >= 0 THEN 1 ELSE 0 END AS BIGINT) AS Held
            """
        return SQLStatement(sql, [.text(name)])
    }

    private func literal(_ value: SQLValue) -> String {
        switch value {
        case .null: "NULL"
        case .boolean(let value): value ? "1" : "0"
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .text(let text): Self.literal(text)
        case .timestamp(let instant): "'\(instant.rfc3339.dropLast())'"
        case .blob(let bytes): "0x\(Hex.encode(bytes))"
        }
    }

    /// A literal that is exact for every text without a NUL.
    static func literal(_ text: String) -> String { "N'\(text.replacing("'", with: "''"))'" }
}
