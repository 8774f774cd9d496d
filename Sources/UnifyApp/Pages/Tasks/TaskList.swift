internal import Tenancy

/// Which tasks the page shows: what its query says.
struct TaskList {
    enum Show: String, CaseIterable {
        case open, due, done, all

        var label: String {
            switch self {
            case .open: "Open"
            case .due: "With a date"
            case .done: "Done"
            case .all: "All"
            }
        }
    }

    let show: Show
    let text: String?
    /// Only tasks of at least this priority.
    let priority: TaskPriority?
    let cursor: Cursor?
    /// The task whose row is a form.
    private(set) var editing: Int64?

    init(_ query: inout QueryReader) {
        show = query.text("show", maxLength: 10).flatMap(Show.init) ?? .open
        text = query.text("q", maxLength: ItemLimits.search)
        priority = query.text("priority", maxLength: 10).flatMap { Int64($0) }.flatMap(TaskPriority.init)
        cursor = query.cursor(in: Self.order(showing: show))
        editing = query.text("edit", maxLength: 20).flatMap { Int64($0) }
    }

    func editing(_ id: Int64) -> TaskList {
        var copy = self
        copy.editing = id
        return copy
    }

    /// Whether a task that is new is among them.
    var showsOpen: Bool { show == .open || show == .all }

    /// The list by itself, with no row open.
    var path: String { path(showing: show, cursor: cursor) }

    func path(showing show: Show, cursor: Cursor? = nil) -> String {
        LocalPath.query(
            PagePlace.tasks.path,
            [
                "show": show == .open ? nil : show.rawValue, "q": text, "priority": priority.map { "\($0.rawValue)" },
                "cursor": cursor?.text,
            ])
    }

    var isFiltered: Bool { text != nil || priority != nil }

    // MARK: Rows

    var order: ItemOrder<TaskItem> { Self.order(showing: show) }

    private static func order(showing show: Show) -> ItemOrder<TaskItem> {
        guard show == .due else { return .newestFirst }
        return ItemOrder(key: .init(column: "Due_Date", instant: \.dueDate), isDescending: false)
    }

    var filter: ItemFilter {
        var filter =
            switch show {
            case .open, .due: Self.open
            case .done: Self.done(true)
            case .all: ItemFilter()
            }
        if show == .due { filter.require("Due_Date IS NOT NULL") }
        if let priority { filter.require("Priority >= ?", .integer(priority.rawValue)) }
        filter.requireText(text, in: "Title", "Description")
        return filter
    }

    static var open: ItemFilter { done(false) }

    static func overdue(before day: Timestamp) -> ItemFilter {
        var filter = open
        filter.require("Due_Date < ?", .timestamp(day))
        return filter
    }

    private static func done(_ isDone: Bool) -> ItemFilter {
        var filter = ItemFilter()
        filter.require("Is_Done = ?", .boolean(isDone))
        return filter
    }
}
