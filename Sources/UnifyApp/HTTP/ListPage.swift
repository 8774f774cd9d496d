/// A page of a list that is ordered by number.
struct ListPage<Row> {
    let rows: [Row]
    /// The start of the next page; nil if there is none.
    let next: Cursor?

    /// - Parameters:
    ///   - fetched: one more row than the page holds, if there are that many.
    ///   - id: the number that the list is ordered by.
    init(cutting fetched: [Row], to limit: Int, by id: (Row) -> Int64) {
        rows = Array(fetched.prefix(limit))
        next = fetched.count > limit ? rows.last.map { Cursor(id: id($0)) } : nil
    }
}
