/// A stored secret that does not open: its row was damaged or changed by other means, or its root key is not here.
public struct UnopenedSecret: Error, Sendable, Hashable, CustomStringConvertible {
    public let table: String
    public let column: String
    /// The key of its row.
    public let row: Int64
    /// The root key that it says it is sealed under; nil where its text cannot be read. A damaged row may name a wrong one.
    public let keyID: String?
    /// Why, without any value of the row.
    public let reason: String

    public var description: String { "\(table).\(column), row \(row): \(reason)" }
}
