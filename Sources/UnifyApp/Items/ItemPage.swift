internal import NIOCore
internal import Tenancy

/// A page of a list under construction; rows are written as they arrive.
final class ItemPage<Item: UserItem> {
    /// The size in bytes at which a page ends before it has the requested number of items.
    static var maxBytes: Int { 4 * 1024 * 1024 }

    private let limit: Int
    private let position: ListPosition
    private var json = JSONWriter.beginObject()
    private var count = 0
    private var last: Cursor?
    private var isFull = false
    private var hasMore = false

    init(limit: Int, position: ListPosition) {
        self.limit = limit
        self.position = position
        json.name("items")
        json.beginArray()
    }

    /// Takes a row of ``UserItem/selection``; one more than the page holds shows that there is a next one.
    func take(_ row: any RowView) throws {
        guard !isFull else {
            hasMore = true
            return
        }
        count += 1
        guard let id = row.integer(at: 0) else {
            throw TenancyError.unexpectedValue(in: Item.identity.text)
        }
        try json.object { json in
            json.member("id", id)
            for (offset, field) in Item.fields.enumerated() { try field.write(row, at: offset + 1, to: &json) }
        }
        isFull = count == limit || json.length >= Self.maxBytes
        if isFull { last = Cursor(instant: try orderInstant(of: row), id: id) }
    }

    private func orderInstant(of row: any RowView) throws -> Timestamp? {
        guard let column = Item.orderColumn, let index = Item.columns.firstIndex(of: column) else { return nil }
        guard let instant = row.value(at: index + 1).instant else {
            throw TenancyError.unexpectedValue(in: column.text)
        }
        return instant
    }

    /// The bytes of the answer.
    func finish() -> ByteBuffer {
        json.endArray()
        json.member("next_cursor", hasMore ? last.map(position.text) : nil)
        return json.finish()
    }
}
