/// A column in terms common to all engines.
public struct ColumnDefinition: Sendable {
    public enum Kind: Sendable {
        /// A primary key numbered by the engine from 1; numbers are never reused.
        case identity
        case integer
        case boolean
        /// Text of at most this many characters.
        case text(maxLength: Int)
        /// Text of at most this many characters, compared without regard to the case of ASCII letters.
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
