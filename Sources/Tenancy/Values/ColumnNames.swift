/// The names of a result's columns, shared by all its rows.
public final class ColumnNames: Sendable {
    public let names: [String]
    private let indexByName: [String: Int]

    /// Where two columns have one name, the first is found by it.
    public init(_ names: [String]) {
        self.names = names
        indexByName = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public var count: Int { names.count }

    /// The position of the column with exactly this name, or nil.
    public func index(of name: String) -> Int? { indexByName[name] }
}
