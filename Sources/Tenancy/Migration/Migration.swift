/// One change of a schema, from the previous version of its component to its own.
public struct Migration: Sendable {
    /// 1 for the first of a component, then consecutive; in the operator's files the number that a file's name begins
    /// with.
    public let version: Int
    public let name: String
    /// The tables that the migration makes, if it does nothing else; otherwise empty.
    public let tables: [TableDefinition]
    /// The columns that the migration adds to a table, if it does nothing else; otherwise nil.
    let added: (table: Identifier, columns: [Identifier])?
    private let steps: [MigrationStep]

    /// - Parameter steps: run in this order. If one fails, those before it stay done where they could not be rolled
    ///   back, and the next attempt continues there.
    public init(_ version: Int, _ name: String, steps: [MigrationStep]) {
        self.init(version, name, steps, tables: [], added: nil)
    }

    /// - Parameter statements: returns the migration's SQL in a dialect; must not depend on anything else.
    public init(_ version: Int, _ name: String, statements: @escaping @Sendable (any Dialect) -> [String]) {
        self.init(version, name, [.sql(statements)], tables: [], added: nil)
    }

    /// A migration that makes tables.
    public init(_ version: Int, _ name: String, creating tables: [TableDefinition]) {
        self.init(
            version, name, [.sql { dialect in tables.flatMap(dialect.statements(creating:)) }], tables: tables,
            added: nil)
    }

    /// A migration that adds columns to a table of an earlier one.
    /// - Parameter indexed: lists of columns, each of which gets an index.
    public init(
        _ version: Int, _ name: String, adding columns: [ColumnDefinition], to table: Identifier,
        indexed: [[Identifier]] = []
    ) {
        self.init(
            version, name, [.sql { $0.statements(adding: columns, to: table, indexed: indexed) }], tables: [],
            added: (table, columns.map(\.name)))
    }

    private init(
        _ version: Int, _ name: String, _ steps: [MigrationStep], tables: [TableDefinition],
        added: (table: Identifier, columns: [Identifier])?
    ) {
        self.version = version
        self.name = name
        self.steps = steps
        self.tables = tables
        self.added = added
    }

    func pieces(in dialect: any Dialect) -> [MigrationPiece] { steps.flatMap { $0.pieces(in: dialect) } }

    /// The SQL of all steps.
    public func statements(in dialect: any Dialect) -> [String] { pieces(in: dialect).compactMap(\.sql) }

    /// 32 hexadecimal digits that cover everything the migration does on an engine, except the code of data steps.
    public func checksum(in dialect: any Dialect) -> String { MigrationPiece.checksum(of: pieces(in: dialect)) }
}
