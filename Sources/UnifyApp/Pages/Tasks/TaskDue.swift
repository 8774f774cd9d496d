internal import Tenancy

/// When a task is due: a day, the same for every reader, or a time, which each reader sees on their own clock.
///
/// A day is stored as its midnight in UTC; so a time that is exactly that counts as the day.
enum TaskDue {
    case day(LocalDay)
    case time(Timestamp)

    init(_ instant: Timestamp) {
        let day = LocalDay(shifted: instant)
        self = day.midnight == instant ? .day(day) : .time(instant)
    }

    func isOverdue(_ time: PageTime) -> Bool {
        switch self {
        case .day(let day): day < time.today
        case .time(let instant): instant < time.now
        }
    }

    /// The day that it is on here.
    func day(_ time: PageTime) -> LocalDay {
        switch self {
        case .day(let day): day
        case .time(let instant): time.day(of: instant)
        }
    }

    /// The parts of a list ordered by date.
    enum Part: Int, CaseIterable {
        case overdue, today, thisWeek, later

        var label: String {
            switch self {
            case .overdue: "Overdue"
            case .today: "Today"
            case .thisWeek: "This week"
            case .later: "Later"
            }
        }
    }

    func part(_ time: PageTime) -> Part {
        let day = day(time)
        if isOverdue(time) { return .overdue }
        if day <= time.today { return .today }
        return day.monday == time.today.monday ? .thisWeek : .later
    }

    /// As `Tomorrow`, `1 Dec 2026` or `Today, 17:30`.
    func words(_ time: PageTime) -> String {
        let day = day(time)
        let word =
            switch day {
            case time.today: "Today"
            case time.today.adding(days: 1): "Tomorrow"
            case time.today.adding(days: -1): "Yesterday"
            default: day.short
            }
        guard case .time(let instant) = self else { return word }
        return "\(word), \(time.clock(instant))"
    }

    // MARK: The field of a form

    /// The type of the field.
    var fieldType: String {
        switch self {
        case .day: "date"
        case .time: "datetime-local"
        }
    }

    /// The field's value.
    func field(_ time: PageTime) -> String {
        switch self {
        case .day(let day): day.iso
        case .time(let instant): time.localField(instant)
        }
    }

    /// The field's value, for its rules to check: a date as it is, a local time as an instant.
    static func rfc3339(field text: String, _ time: PageTime) -> String {
        LocalDay(text) == nil ? time.rfc3339(localField: text) : text
    }
}
