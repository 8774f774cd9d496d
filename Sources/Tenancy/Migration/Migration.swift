/// One step of a schema, from the previous version to its own.
public struct Migration: Sendable {
    /// 1 for the first, then consecutive.
    public let version: Int
    public let name: String
    /// The tables that the step makes, if it does nothing else; otherwise empty.
    public let tables: [TableDefinition]
    /// The columns that the step adds to a table, if it does nothing else; otherwise nil.
    let added: (table: Identifier, columns: [Identifier])?
    private let makeStatements: @Sendable (any Dialect) -> [String]

    /// - Parameter statements: returns the step's SQL in a dialect; must not depend on anything else.
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
    /// - Parameter indexed: lists of columns, each of which gets an index.
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
