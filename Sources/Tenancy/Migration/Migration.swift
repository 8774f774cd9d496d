/// One step of a schema, from the version before it to its own.
public struct Migration: Sendable {
    /// 1 for the first, then each one more.
    public let version: Int
    public let name: String
    /// The tables that the step makes, where that is all it does; else none.
    public let tables: [TableDefinition]
    private let makeStatements: @Sendable (any Dialect) -> [String]

    /// - Parameter statements: the SQL of the step in an engine's dialect; it must depend on nothing else.
    public init(_ version: Int, _ name: String, statements: @escaping @Sendable (any Dialect) -> [String]) {
        self.version = version
        self.name = name
        tables = []
        makeStatements = statements
    }

    /// A step that makes tables.
    public init(_ version: Int, _ name: String, creating tables: [TableDefinition]) {
        self.version = version
        self.name = name
        self.tables = tables
        makeStatements = { dialect in tables.flatMap(dialect.statements(creating:)) }
    }

    public func statements(in dialect: any Dialect) -> [String] { makeStatements(dialect) }
}
