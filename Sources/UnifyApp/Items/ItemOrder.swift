internal import Tenancy

/// The order of a list of items. Items that are equal by it are ordered by id.
struct ItemOrder<Item: UserItem>: Sendable {
    /// The sort key before the number.
    struct Key: Sendable {
        /// A column with an instant in every row.
        let column: Identifier
        let instant: @Sendable (Item) -> Timestamp?
    }

    /// Nil for the number alone.
    let key: Key?
    let isDescending: Bool

    /// As the interface lists items.
    static var standard: ItemOrder {
        ItemOrder(key: Item.orderColumn.map { Key(column: $0, instant: \.orderInstant) }, isDescending: false)
    }

    /// The most recently created first.
    static var newestFirst: ItemOrder { ItemOrder(key: nil, isDescending: true) }

    /// The columns of ORDER BY.
    var clause: String {
        [key?.column, Item.identity].compactMap { $0.map { isDescending ? "\($0) DESC" : "\($0)" } }
            .joined(separator: ", ")
    }

    /// The position after an item.
    func cursor(after item: Item) -> Cursor { Cursor(instant: key?.instant(item), id: item.id) }

    /// True of the rows after a cursor, which must be one of this order.
    func condition(after cursor: Cursor) -> (sql: String, parameters: [SQLValue]) {
        let beyond = isDescending ? "<" : ">"
        guard let key, let instant = cursor.instant else {
            return ("\(Item.identity) \(beyond) ?", [.integer(cursor.id)])
        }
        return (
            "(\(key.column) \(beyond) ? OR (\(key.column) = ? AND \(Item.identity) \(beyond) ?))",
            [.timestamp(instant), .timestamp(instant), .integer(cursor.id)]
        )
    }

    /// Whether a cursor that a client sent can be one of this order.
    func fits(_ cursor: Cursor) -> Bool { (cursor.instant != nil) == (key != nil) }
}
