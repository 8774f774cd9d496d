internal import Tenancy

/// A task.
struct TaskItem: UserItem {
    static let collection = "tasks"
    static let table: Identifier = "Tasks"
    static let identity: Identifier = "Task_ID"
    static let columns: [Identifier] = ["Title", "Description", "Due_Date", "Priority", "Is_Done"]
    static let selection = makeSelection()
    static let fields = makeFields(
        ItemField("title", .text), ItemField("description", .text), ItemField("due_date", .timestamp),
        ItemField("priority", .integer), ItemField("is_done", .boolean))
    static let members = makeMembers(and: "done")
    static let orderColumn: Identifier? = nil

    var id: Int64
    let title: String
    let description: String?
    let dueDate: Timestamp?
    let priority: Int64
    let isDone: Bool
    var dates: ItemDates?

    var orderInstant: Timestamp? { nil }

    var values: [SQLValue] {
        [
            .text(title), .optionalText(description), .optionalTimestamp(dueDate), .integer(priority),
            .boolean(isDone),
        ]
    }

    init(_ row: inout RowReader) throws {
        id = try row.integer()
        title = try row.text()
        description = try row.optionalText()
        dueDate = try row.optionalTimestamp()
        priority = try row.integer()
        isDone = try row.boolean()
        dates = try ItemDates(&row)
    }

    init(reading fields: inout FieldReader, changing current: TaskItem?) {
        id = current?.id ?? 0
        dates = current?.dates
        title = fields.title("title", maxLength: ItemLimits.title, isRequired: current == nil) ?? current?.title ?? ""
        description = fields.text("description", maxLength: ItemLimits.description).orKeep(current?.description)
        dueDate = fields.timestamp("due_date").orKeep(current?.dueDate)
        priority = fields.integer("priority", in: ItemLimits.priorities).orKeep(current?.priority) ?? 0
        // `done` is the name of the list's filter; both are accepted.
        let doneField = fields.has("is_done") ? "is_done" : "done"
        isDone = fields.boolean(doneField).orKeep(current?.isDone) ?? false
    }

    static func filter(_ query: inout QueryReader) -> ItemFilter {
        var filter = ItemFilter()
        if let isDone = query.boolean("done") { filter.require("Is_Done = ?", .boolean(isDone)) }
        if let before = query.timestamp("due_before") { filter.require("Due_Date < ?", .timestamp(before)) }
        filter.requireText(query.text("q", maxLength: ItemLimits.search), in: "Title", "Description")
        return filter
    }
}
