/// The SQL that differs between engines, so that schema and repositories are written once.
public protocol Dialect: Sendable {
    var engine: EngineKind { get }
    /// An identifier in the engine's quotes.
    func quote(_ identifier: Identifier) -> String
    /// The column's type and constraints, as they follow the name in CREATE TABLE.
    func definition(of column: ColumnDefinition) -> String
    /// A condition that is true if a column contains a text, ignoring case. Its one parameter is the
    /// ``pattern(containing:)`` of that text. All engines fold case alike, by Unicode's simple case folding; accents
    /// count.
    func contains(_ column: Identifier) -> String
    /// The parameter of ``contains(_:)`` for a text.
    func pattern(containing text: String) -> String
    /// Limits a query that ends in ORDER BY; its one parameter is the number of rows.
    var limitClause: String { get }
    /// How the engine returns the number of the last inserted row.
    var insertedIdentity: InsertedIdentity { get }
    /// The statements that make a table and its indexes.
    func statements(creating table: TableDefinition) -> [String]
    /// Adds columns to an existing table, and an index for each list of columns.
    func statements(adding columns: [ColumnDefinition], to table: Identifier, indexed: [[Identifier]]) -> [String]
    /// The statements to run before a table is made, required by its column types.
    func prerequisites(of table: TableDefinition) -> [String]
    /// Notifies listeners, once its transaction is committed, that ``ChangeLog`` has grown; nil for an engine that is
    /// polled.
    var changeSignal: String? { get }
    /// The engine's quoting and comment rules.
    var quoting: SQLScanner.Quoting { get }
    /// Whether changes of the schema can be part of a transaction, and are undone with it.
    var hasTransactionalSchema: Bool { get }
    /// Puts a table into another one's place, which gets a name of its own, in one step. Only for an engine whose schema
    /// changes are not transactional.
    func statement(replacing table: Identifier, by other: Identifier, keeping aside: Identifier) -> String
    /// A query that takes a session-level lock until the connection closes; its only value is 1 if the lock is held.
    /// Nil for an engine whose write transactions exclude each other anyway.
    /// - Parameter name: the lock's name; at most 50 ASCII characters.
    func sessionLock(named name: String) -> SQLStatement?
}

extension Dialect {
    public func prerequisites(of table: TableDefinition) -> [String] { [] }
    public var changeSignal: String? { nil }
    public var hasTransactionalSchema: Bool { true }
    public func statement(replacing table: Identifier, by other: Identifier, keeping aside: Identifier) -> String {
        preconditionFailure("this engine changes its schema in transactions")
    }
    public func sessionLock(named name: String) -> SQLStatement? { nil }

    public func statements(
        adding columns: [ColumnDefinition], to table: Identifier, indexed: [[Identifier]]
    ) -> [String] {
        columns.map { "ALTER TABLE \(quote(table)) ADD \(quote($0.name)) \(definition(of: $0))" }
            + indexed.map { columns in
                let name = Identifier(unchecked: "IX_\(table.text)_\(columns.map(\.text).joined(separator: "_"))")
                return "CREATE INDEX \(quote(name)) ON \(quote(table)) (\(columns.map(quote).joined(separator: ", ")))"
            }
    }
}

/// How an engine returns the number of the last inserted row.
public enum InsertedIdentity: Sendable {
    /// By ``ExecutionResult/lastInsertID``.
    case lastInsertID
    /// By `RETURNING column` at the end of the INSERT.
    case returning
    /// By `OUTPUT INSERTED.column` before VALUES.
    case output
}

extension Dialect {
    /// The statements that make a table and its indexes.
    public func statements(creating table: TableDefinition) -> [String] {
        var parts = table.columns.map { "\(quote($0.name)) \(definition(of: $0))" }
        parts += table.foreignKeys.map { key in
            "FOREIGN KEY (\(quote(key.column))) REFERENCES \(quote(key.table)) (\(quote(key.targetColumn)))"
        }
        let create = "CREATE TABLE \(quote(table.name)) (\n    \(parts.joined(separator: ",\n    "))\n)"
        return prerequisites(of: table) + [create]
            + table.indexes.map { index in
                let columns = index.columns.map(quote).joined(separator: ", ")
                let name = Identifier(
                    unchecked: (["IX", table.name.text] + index.columns.map(\.text)).joined(separator: "_"))
                let unique = index.isUnique ? "UNIQUE " : ""
                return "CREATE \(unique)INDEX \(quote(name)) ON \(quote(table.name)) (\(columns))"
            }
    }

    /// An INSERT of these columns with a `?` for each.
    /// - Parameter identity: the column whose generated number is returned, see ``insertedIdentity``.
    public func insert(into table: Identifier, columns: [Identifier], identity: Identifier?) -> String {
        let names = columns.map(quote).joined(separator: ", ")
        let marks = SQLStatement.marks(columns.count)
        let head = "INSERT INTO \(quote(table)) (\(names))"
        guard let identity else { return "\(head) VALUES (\(marks))" }
        return switch insertedIdentity {
        case .lastInsertID: "\(head) VALUES (\(marks))"
        case .returning: "\(head) VALUES (\(marks)) RETURNING \(quote(identity))"
        case .output: "\(head) OUTPUT INSERTED.\(quote(identity)) VALUES (\(marks))"
        }
    }
}
