internal import Tenancy

/// Where a page of a list begins, and which list it is.
struct ListPosition: Sendable {
    /// The row before the page; nil for the first page.
    let cursor: Cursor?
    private let mark: ListMark

    init(_ cursor: Cursor?, in mark: ListMark) {
        self.cursor = cursor
        self.mark = mark
    }

    /// The text that a client sends to get the page after this row.
    func text(_ cursor: Cursor) -> String { cursor.text(in: mark) }
}
