internal import Tenancy

/// An event in a calendar.
struct EventItem: UserItem {
    static let collection = "events"
    static let table: Identifier = "Events"
    static let identity: Identifier = "Event_ID"
    static let columns: [Identifier] = ["Title", "Starts_At", "Ends_At", "Location", "Description"]
    static let selection = makeSelection()
    static let fields = makeFields(
        ItemField("title", .text), ItemField("starts_at", .timestamp), ItemField("ends_at", .timestamp),
        ItemField("location", .text), ItemField("description", .text))
    static let members = makeMembers()
    static let orderColumn: Identifier? = "Starts_At"

    var id: Int64
    let title: String
    let startsAt: Timestamp
    let endsAt: Timestamp
    let location: String?
    let description: String?
    var dates: ItemDates?

    var orderInstant: Timestamp? { startsAt }

    var values: [SQLValue] {
        [
            .text(title), .timestamp(startsAt), .timestamp(endsAt), .optionalText(location),
            .optionalText(description),
        ]
    }

    init(_ row: inout RowReader) throws {
        id = try row.integer()
        title = try row.text()
        startsAt = try row.timestamp()
        endsAt = try row.timestamp()
        location = try row.optionalText()
        description = try row.optionalText()
        dates = try ItemDates(&row)
    }

    init(reading fields: inout FieldReader, changing current: EventItem?) {
        id = current?.id ?? 0
        dates = current?.dates
        title = fields.title("title", maxLength: ItemLimits.title, isRequired: current == nil) ?? current?.title ?? ""
        let starts = Self.instant("starts_at", &fields, current?.startsAt)
        let ends = Self.instant("ends_at", &fields, current?.endsAt)
        if let starts, let ends, ends < starts { fields.reject("ends_at", "must not be before the beginning") }
        startsAt = starts ?? Timestamp(milliseconds: 0)
        endsAt = ends ?? Timestamp(milliseconds: 0)
        location = fields.text("location", maxLength: ItemLimits.location).orKeep(current?.location)
        description = fields.text("description", maxLength: ItemLimits.description).orKeep(current?.description)
    }

    /// A required instant; nil only together with an error.
    private static func instant(_ name: String, _ fields: inout FieldReader, _ current: Timestamp?) -> Timestamp? {
        switch fields.timestamp(name) {
        case .value(let instant): return instant
        case .null:
            fields.reject(name, "must be a time")
            return nil
        case .absent:
            if current == nil, !fields.has(name) { fields.reject(name, "is required") }
            return current
        }
    }

    static func filter(_ query: inout QueryReader) -> ItemFilter {
        var filter = ItemFilter()
        if let from = query.timestamp("from") { filter.require("Ends_At >= ?", .timestamp(from)) }
        if let to = query.timestamp("to") { filter.require("Starts_At < ?", .timestamp(to)) }
        filter.requireText(query.text("q", maxLength: ItemLimits.search), in: "Title", "Description")
        return filter
    }
}
