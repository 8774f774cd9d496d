/// A part of a list as JSON: its rows, and where to continue.
struct ListPage<Item: Encodable>: Encodable {
    let items: [Item]
    /// For `--after` or `--before`; null if nothing follows.
    let nextCursor: Int64?

    /// How many rows follow; not a member of the JSON.
    private let more: Int

    private enum CodingKeys: CodingKey { case items, nextCursor }

    /// - Parameters:
    ///   - rest: how many rows follow the cursor of this part's request.
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

    /// Prints the rows and, below a table, how many are left.
    /// - Parameter option: the option that continues the list.
    func print(
        _ output: OutputOptions, _ header: [String], option: String = "--after", row: (Item) -> [String]
    ) throws {
        try output.print(self) { OutputOptions.table(header, items.map(row)) }
        guard !output.json, let nextCursor else { return }
        CommandOutput.note("\(more) more: \(option) \(nextCursor)")
    }
}
