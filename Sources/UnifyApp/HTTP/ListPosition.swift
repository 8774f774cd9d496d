internal import Tenancy

/// Where in a list a page begins, and which list it is.
struct ListPosition: Sendable {
    /// The row that the page comes after; nil for the first page.
    let cursor: Cursor?
    private let mark: ListMark

    init(_ cursor: Cursor?, in mark: ListMark) {
        self.cursor = cursor
        self.mark = mark
    }

    /// What a client sends to get the page after a row of this list.
    func text(_ cursor: Cursor) -> String { cursor.text(in: mark) }
}
