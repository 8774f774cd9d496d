internal import Tenancy

/// When an item was created and last changed.
struct ItemDates: Sendable {
    let createdAt: Timestamp
    let updatedAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.member("created_at", createdAt)
        json.member("updated_at", updatedAt)
    }
}

extension ItemDates {
    init(_ row: inout RowReader) throws {
        self.init(createdAt: try row.timestamp(), updatedAt: try row.timestamp())
    }
}
