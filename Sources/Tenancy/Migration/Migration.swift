/// One step of a schema, from the version before it to its own.
public struct Migration: Sendable {
    /// 1 for the first, then each one more.
    public let version: Int
    public let name: String
    /// The tables that the step makes, where that is all it does; else none.
    public let tables: [TableDefinition]
    /// The columns that the step adds to a table, where that is all it does; else none.
    let added: (table: Identifier, columns: [Identifier])?
    private let makeStatements: @Sendable (any Dialect) -> [String]

    /// - Parameter statements: the SQL of the step in an engine's dialect; it must depend on nothing else.
    public init(_ version: Int, _ name: String, statements: @escaping @Sendable (any Dialect) -> [String]) {
        self.version = version
        self.name = name
        tables = []
        added = nil
        makeStatements = statements
    }

    /// A step that makes tables.
    public init(_ version: Int, _ name: String, creating tables: [TableDefinition]) {
        self.version = version
        self.name = name
        self.tables = tables
        added = nil
        makeStatements = { dialect in tables.flatMap(dialect.statements(creating:)) }
    }

    /// A step that adds columns to a table of an earlier step.
    /// - Parameter indexed: the lists of columns that get an index each.
    public init(
        _ version: Int, _ name: String, adding columns: [ColumnDefinition], to table: Identifier,
        indexed: [[Identifier]] = []
    ) {
        self.version = version
        self.name = name
        tables = []
        added = (table, columns.map(\.name))
        makeStatements = { $0.statements(adding: columns, to: table, indexed: indexed) }
    }

    public func statements(in dialect: any Dialect) -> [String] { makeStatements(dialect) }
}
