internal import Tenancy

/// A note.
struct NoteItem: UserItem {
    static let collection = "notes"
    static let table: Identifier = "Notes"
    static let identity: Identifier = "Note_ID"
    static let columns: [Identifier] = ["Title", "Body"]
    static let selection = makeSelection()
    static let fields = makeFields(
        ItemField("title", .text), ItemField("body", .text))
    static let members = makeMembers()
    static let orderColumn: Identifier? = nil

    var id: Int64
    let title: String
    let body: String
    var dates: ItemDates?

    var orderInstant: Timestamp? { nil }
    var values: [SQLValue] { [.text(title), .text(body)] }

    init(_ row: inout RowReader) throws {
        id = try row.integer()
        title = try row.text()
        body = try row.text()
        dates = try ItemDates(&row)
    }

    init(reading fields: inout FieldReader, changing current: NoteItem?) {
        id = current?.id ?? 0
        dates = current?.dates
        title = fields.title("title", maxLength: ItemLimits.title, isRequired: current == nil) ?? current?.title ?? ""
        body = fields.text("body", maxLength: ItemLimits.noteBody).orKeep(current?.body) ?? ""
    }

    static func filter(_ query: inout QueryReader) -> ItemFilter {
        var filter = ItemFilter()
        filter.requireText(query.text("q", maxLength: ItemLimits.search), in: "Title", "Body")
        return filter
    }
}
