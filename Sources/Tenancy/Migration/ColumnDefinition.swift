/// A column in the words that all engines share.
public struct ColumnDefinition: Sendable {
    public enum Kind: Sendable {
        /// A primary key that the engine numbers, from 1, never giving a number twice.
        case identity
        case integer
        case boolean
        /// Text of at most so many characters.
        case text(maxLength: Int)
        /// Text of at most so many characters, compared without regard to the case of ASCII letters.
        case caseInsensitiveText(maxLength: Int)
        /// Text of any length.
        case longText
        case timestamp
    }

    public let name: Identifier
    public let kind: Kind
    public private(set) var isNullable = true
    public private(set) var isUnique = false
    public private(set) var isPrimaryKey = false
    public private(set) var defaultValue: SQLValue?

    public init(_ name: Identifier, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    public var required: ColumnDefinition { with { $0.isNullable = false } }
    public var unique: ColumnDefinition { with { $0.isUnique = true } }
    public var primaryKey: ColumnDefinition {
        with {
            $0.isPrimaryKey = true
            $0.isNullable = false
        }
    }
    public func defaulting(to value: SQLValue) -> ColumnDefinition { with { $0.defaultValue = value } }

    private func with(_ change: (inout ColumnDefinition) -> Void) -> ColumnDefinition {
        var copy = self
        change(&copy)
        return copy
    }
}
