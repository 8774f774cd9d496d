internal import Tenancy

/// SQL for SQLite. Instants are text in UTC; booleans are integers.
struct SQLiteDialect: Dialect {
    let engine = EngineKind.sqlite
    let limitClause = "LIMIT ?"
    let insertedIdentity = InsertedIdentity.lastInsertID
    let quoting: SQLScanner.Quoting = [.backticks, .brackets]

    func contains(_ column: Identifier) -> String { "\(SQLiteSearch.function)(\(quote(column)), ?)" }

    func pattern(containing text: String) -> String { CaseFolding.folded(text) }

    func quote(_ identifier: Identifier) -> String { "\"\(identifier.text)\"" }

    func definition(of column: ColumnDefinition) -> String {
        if case .identity = column.kind { return "INTEGER PRIMARY KEY AUTOINCREMENT" }
        var text = type(of: column)
        if column.isPrimaryKey { text += " PRIMARY KEY" }
        if !column.isNullable { text += " NOT NULL" }
        if column.isUnique { text += " UNIQUE" }
        if let value = column.defaultValue { text += " DEFAULT \(literal(value))" }
        return text
    }

    private func type(of column: ColumnDefinition) -> String {
        switch column.kind {
        case .identity, .integer, .boolean: "INTEGER"
        case .text, .longText, .timestamp: "TEXT"
        case .caseInsensitiveText: "TEXT COLLATE NOCASE"
        }
    }

    private func literal(_ value: SQLValue) -> String {
        switch value {
        case .null: "NULL"
        case .boolean(let value): value ? "1" : "0"
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .text(let text): "'\(text.replacing("'", with: "''"))'"
        case .timestamp(let instant): "'\(instant.rfc3339)'"
        case .blob(let bytes): "X'\(Hex.encode(bytes))'"
        }
    }
}
