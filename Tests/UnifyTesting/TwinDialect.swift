internal import Tenancy

/// Writes what two dialects write differently in both: the other one's words in a comment before this one's, up to an empty
/// comment. Names stand in the other one's quotes, which SQLite takes too.
struct TwinDialect: Dialect {
    let own: any Dialect
    let other: any Dialect

    var engine: EngineKind { own.engine }
    var limitClause: String { twin(own.limitClause, other.limitClause) }
    let insertedIdentity = InsertedIdentity.output
    var quoting: SQLScanner.Quoting { own.quoting }

    func quote(_ identifier: Identifier) -> String { other.quote(identifier) }
    func definition(of column: ColumnDefinition) -> String { own.definition(of: column) }
    func contains(_ column: Identifier) -> String { twin(own.contains(column), other.contains(column)) }
    func pattern(containing text: String) -> String { own.pattern(containing: text) }
    func statements(creating table: TableDefinition) -> [String] { own.statements(creating: table) }
    func statements(
        adding columns: [ColumnDefinition], to table: Identifier, indexed: [[Identifier]]
    ) -> [String] {
        own.statements(adding: columns, to: table, indexed: indexed)
    }

    private func twin(_ own: String, _ other: String) -> String { "/*: \(other) :*/ \(own) /**/" }

    /// What the other engine would be sent for a statement of this dialect; nil for what only this engine knows.
    static func translated(_ sql: String) -> String? {
        guard let first = sql.split(whereSeparator: { !$0.isLetter }).first,
            ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(first)
        else { return nil }
        var text = sql
        while let start = text.firstRange(of: "/*: "), let middle = text.firstRange(of: " :*/"),
            let end = text.firstRange(of: "/**/")
        {
            text.replaceSubrange(start.lowerBound..<end.upperBound, with: text[start.upperBound..<middle.lowerBound])
        }
        return text
    }

    /// SQLite tells a new row's number at the statement's end.
    static func sentence(forSQLite sql: String) -> String {
        guard let output = sql.firstRange(of: " OUTPUT INSERTED."), let end = sql.firstRange(of: " VALUES (") else {
            return sql
        }
        let column = sql[output.upperBound..<end.lowerBound]
        return "\(sql[..<output.lowerBound])\(sql[end.lowerBound...]) RETURNING \(column)"
    }
}
