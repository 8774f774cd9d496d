internal import Tenancy

/// SQL that MySQL 8 and MariaDB both accept. Where they differ, both variants are in comments that only one of them
/// executes: `/*M! … */` MariaDB, `/*!50701 … */` MySQL (MariaDB ignores versions from 5.7 on).
///
/// Text is compared bytewise, including trailing blanks. Instants are DATETIME(3) in UTC.
struct MySQLDialect: Dialect {
    /// The quoting and comment rules of MySQL and MariaDB in the session's `sql_mode`: without ANSI_QUOTES, and with
    /// NO_BACKSLASH_ESCAPES.
    static let quoting: SQLScanner.Quoting = [
        .backticks, .hashComments, .executableComments, .doubleQuotedText, .spacedDashes,
    ]
    /// Bytewise collations. MySQL's older utf8mb4_bin ignores trailing blanks, so a newer one is used there.
    static let exactCollation = "/*M! COLLATE utf8mb4_nopad_bin*//*!50701 COLLATE utf8mb4_0900_bin*/"

    let engine = EngineKind.mysql
    let limitClause = "LIMIT ?"
    let insertedIdentity = InsertedIdentity.lastInsertID
    let hasTransactionalSchema = false
    var quoting: SQLScanner.Quoting { Self.quoting }

    func statement(replacing table: Identifier, by other: Identifier, keeping aside: Identifier) -> String {
        "RENAME TABLE \(quote(table)) TO \(quote(aside)), \(quote(other)) TO \(quote(table))"
    }

    func quote(_ identifier: Identifier) -> String { "`\(identifier.text)`" }

    /// Under a bytewise collation: case-insensitive ones take `é` for `e`, and utf8mb4_general_ci one emoji for every
    /// other.
    func contains(_ column: Identifier) -> String { "\(quote(column)) COLLATE utf8mb4_bin REGEXP ?" }

    func pattern(containing text: String) -> String { SearchPattern.regularExpression(text) }

    /// One statement, because each is committed by itself, and repeatable: a migration that was interrupted between
    /// two tables can run again.
    func statements(creating table: TableDefinition) -> [String] {
        var parts = table.columns.map { "\(quote($0.name)) \(definition(of: $0))" }
        parts += table.indexes.map { index in
            let name = (["IX"] + index.columns.map(\.text)).joined(separator: "_").prefix(64)
            return
                "\(index.isUnique ? "UNIQUE " : "")KEY `\(name)` (\(index.columns.map(quote).joined(separator: ", ")))"
        }
        parts += table.foreignKeys.map { key in
            "FOREIGN KEY (\(quote(key.column))) REFERENCES \(quote(key.table)) (\(quote(key.targetColumn)))"
        }
        return [
            "CREATE TABLE IF NOT EXISTS \(quote(table.name)) (\n    \(parts.joined(separator: ",\n    "))\n)"
                + " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 \(Self.exactCollation)"
        ]
    }

    /// One statement, so that it succeeds or fails as a whole.
    func statements(adding columns: [ColumnDefinition], to table: Identifier, indexed: [[Identifier]]) -> [String] {
        let parts =
            columns.map { "ADD \(quote($0.name)) \(definition(of: $0))" }
            + indexed.map { columns in
                let name = columns.map(\.text).joined(separator: "_")
                return "ADD INDEX `IX_\(name)` (\(columns.map(quote).joined(separator: ", ")))"
            }
        return ["ALTER TABLE \(quote(table)) \(parts.joined(separator: ", "))"]
    }

    /// Derived from the main database's login, so that the server's other logins do not know it.
    func sessionLock(named name: String) -> SQLStatement? {
        SQLStatement("SELECT GET_LOCK(?, 60) AS Held", [.text(name)])
    }

    func definition(of column: ColumnDefinition) -> String {
        if case .identity = column.kind { return "BIGINT AUTO_INCREMENT PRIMARY KEY" }
        var text = type(of: column)
        if !column.isNullable { text += " NOT NULL" }
        if let value = column.defaultValue { text += " DEFAULT \(literal(value))" }
        if column.isPrimaryKey { text += " PRIMARY KEY" }
        if column.isUnique { text += " UNIQUE" }
        return text
    }

    private func type(of column: ColumnDefinition) -> String {
        switch column.kind {
        case .identity, .integer: "BIGINT"
        case .boolean: "BOOLEAN"
        case .text(let maxLength): "VARCHAR(\(maxLength)) CHARACTER SET utf8mb4 \(Self.exactCollation)"
        case .caseInsensitiveText(let maxLength):
            "VARCHAR(\(maxLength)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        case .longText: "LONGTEXT CHARACTER SET utf8mb4 \(Self.exactCollation)"
        case .timestamp: "DATETIME(3)"
        }
    }

    private func literal(_ value: SQLValue) -> String {
        switch value {
        case .null: "NULL"
        case .boolean(let value): value ? "1" : "0"
        case .integer(let number): String(number)
        case .double(let number): String(number)
        case .text(let text): "'\(text.replacing("'", with: "''"))'"
        case .timestamp(let instant): "'\(MySQLTime.text(instant))'"
        case .blob(let bytes): "X'\(Hex.encode(bytes))'"
        }
    }
}
