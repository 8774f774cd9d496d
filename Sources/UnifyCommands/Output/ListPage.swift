/// A part of a list, as JSON: its rows, and where it goes on.
struct ListPage<Item: Encodable>: Encodable {
    let items: [Item]
    /// For `--after` or `--before`; null where nothing follows.
    let nextCursor: Int64?

    /// How many rows follow; not a member of the JSON.
    private let more: Int

    private enum CodingKeys: CodingKey { case items, nextCursor }

    /// - Parameters:
    ///   - rest: how many rows there are after the cursor with which this part was asked for.
    ///   - cursor: the number of a row.
    init(_ items: [Item], of rest: Int, cursor: (Item) -> Int64) {
        self.items = items
        more = max(0, rest - items.count)
        nextCursor = more > 0 ? items.last.map(cursor) : nil
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(nextCursor, forKey: .nextCursor)
    }

    /// Prints the rows; below a table, what is left out.
    /// - Parameter option: what goes on with the list.
    func print(
        _ output: OutputOptions, _ header: [String], option: String = "--after", row: (Item) -> [String]
    ) throws {
        try output.print(self) { OutputOptions.table(header, items.map(row)) }
        guard !output.json, let nextCursor else { return }
        CommandOutput.note("\(more) more: \(option) \(nextCursor)")
    }
}
