/// A table in terms common to all engines; a ``Dialect`` turns it into SQL.
public struct TableDefinition: Sendable {
    public struct ForeignKey: Sendable {
        public let column: Identifier
        public let table: Identifier
        public let targetColumn: Identifier
    }

    public struct Index: Sendable {
        public let columns: [Identifier]
        public let isUnique: Bool
    }

    public private(set) var name: Identifier
    public let columns: [ColumnDefinition]
    public private(set) var foreignKeys: [ForeignKey] = []
    public private(set) var indexes: [Index] = []

    public init(_ name: Identifier, columns: [ColumnDefinition]) {
        self.name = name
        self.columns = columns
    }

    /// The same table under another name.
    func renamed(_ name: Identifier) -> TableDefinition {
        var copy = self
        copy.name = name
        return copy
    }

    /// The same table with a foreign key from one of its columns to another table's key.
    public func referencing(_ table: Identifier, _ target: Identifier, from column: Identifier) -> TableDefinition {
        var copy = self
        copy.foreignKeys.append(ForeignKey(column: column, table: table, targetColumn: target))
        return copy
    }

    /// The same table with a unique index.
    public func indexedUniquely(_ columns: Identifier...) -> TableDefinition {
        var copy = self
        copy.indexes.append(Index(columns: columns, isUnique: true))
        return copy
    }

    /// The same table with an index.
    public func indexed(_ columns: Identifier...) -> TableDefinition {
        var copy = self
        copy.indexes.append(Index(columns: columns, isUnique: false))
        return copy
    }
}
