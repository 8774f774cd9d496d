internal import Tenancy

/// The list's query: which tasks to show.
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
    /// Which page of it.
    let place: ListPlace
    /// The task whose row is a form.
    private(set) var editing: Int64?

    init(_ query: inout QueryReader) {
        show = query.text("show", maxLength: 10).flatMap(Show.init) ?? .open
        text = query.text("q", maxLength: ItemLimits.search)
        priority = query.number("priority").flatMap(TaskPriority.init)
        place = ListPlace(
            &query, path: Self.path(showing: show, text, priority), where: Self.order(showing: show).fits)
        editing = query.number("edit")
    }

    func editing(_ id: Int64) -> TaskList {
        var copy = self
        copy.editing = id
        return copy
    }

    /// Whether a task that is new is among them.
    var showsOpen: Bool { show == .open || show == .all }

    var cursor: Cursor? { place.cursor }

    /// The list's own path, with no row open.
    var path: String { place.ownPath }

    /// The first page of the same list, showing other tasks.
    func path(showing show: Show) -> String { Self.path(showing: show, text, priority) }

    private static func path(showing show: Show, _ text: String?, _ priority: TaskPriority?) -> String {
        LocalPath.query(
            PagePlace.tasks.path,
            [
                "show": show == .open ? nil : show.rawValue, "q": text, "priority": priority.map { "\($0.rawValue)" },
            ])
    }

    /// Whether it has more than one page, so that it is worth being counted. A search would read all texts for that.
    func isOneOfMany(_ next: Cursor?) -> Bool { text == nil && (next != nil || !place.isFirst) }

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

    /// ``TaskDue/isOverdue(_:)`` as an SQL condition: a day is over when the next one begins locally, a time when it
    /// is past. Among days, only today and, west of Greenwich, tomorrow can have begun in UTC without being over.
    static func overdue(_ time: PageTime) -> ItemFilter {
        let (today, tomorrow) = (time.today.midnight, time.today.adding(days: 1).midnight)
        var filter = open
        filter.require(
            "Due_Date < ? AND Due_Date <> ? AND Due_Date <> ?", .timestamp(time.now), .timestamp(today),
            .timestamp(tomorrow))
        return filter
    }

    private static func done(_ isDone: Bool) -> ItemFilter {
        var filter = ItemFilter()
        filter.require("Is_Done = ?", .boolean(isDone))
        return filter
    }
}
