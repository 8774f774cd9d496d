/// A stored secret that does not open: its row was damaged or changed by other means, or its root key is missing.
public struct UnopenedSecret: Error, Sendable, Hashable, CustomStringConvertible {
    public let table: String
    public let column: String
    /// The key of its row.
    public let row: Int64
    /// The id of the root key that it claims to be sealed under; nil if its text cannot be read. A damaged row may
    /// name a wrong key.
    public let keyID: String?
    /// The reason, without any value of the row.
    public let reason: String

    public var description: String { "\(table).\(column), row \(row): \(reason)" }
}
