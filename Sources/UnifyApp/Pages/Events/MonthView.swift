internal import Tenancy

/// The view of the template `month`.
struct MonthView {
    /// Events that are shown in the square of a day.
    static let maxPerDay = 3

    struct Entry {
        let title: String
        let clock: String?
        let path: String
    }

    struct Day {
        let number: Int64
        let label: String
        let isOutside: Bool
        let isToday: Bool
        let newPath: String
        let entries: [Entry]
        let more: String?
        let agendaPath: String
    }

    /// A weekday's name, with an abbreviation for narrow screens.
    struct Weekday {
        let short: Substring
        let rest: Substring
    }

    struct Week {
        let days: [Day]
    }

    let month: String
    let previousPath: String
    let previousMonth: String
    let nextPath: String
    let nextMonth: String
    let todayPath: String
    let newPath: String
    let agendaPath: String
    let weekdays: [Weekday]
    let weeks: [Week]
    let isEmpty: Bool
    let hasMore: Bool
    let zone: String

    init(_ grid: MonthGrid, events: [EventItem], hasMore: Bool, time: PageTime) {
        let (previous, next) = (grid.month.firstOfMonth(adding: -1), grid.month.firstOfMonth(adding: 1))
        month = grid.month.month
        previousPath = "/events?month=\(previous.isoMonth)"
        previousMonth = previous.month
        nextPath = "/events?month=\(next.isoMonth)"
        nextMonth = next.month
        todayPath = "/events"
        newPath = "/events/new" + (time.today.isInMonth(of: grid.month) ? "" : "?day=\(grid.month.iso)")
        agendaPath = "/events/agenda" + (time.today.isInMonth(of: grid.month) ? "" : "?from=\(grid.month.iso)")
        weekdays = LocalDay.weekdayNames.map { Weekday(short: $0.prefix(3), rest: $0.dropFirst(3)) }
        let byDay = Self.byDay(events, in: grid, time)
        weeks = grid.weeks.map { days in
            Week(days: days.map { Day($0, events: byDay[$0] ?? [], month: grid.month, time: time) })
        }
        isEmpty = events.isEmpty
        self.hasMore = hasMore
        zone = time.zoneName
    }

    /// The events of each day; an event of several days is in each of them.
    private static func byDay(_ events: [EventItem], in grid: MonthGrid, _ time: PageTime) -> [LocalDay: [EventItem]] {
        var byDay: [LocalDay: [EventItem]] = [:]
        for event in events {
            let (first, last) = event.days(time)
            var day = max(first, grid.first)
            while day <= min(last, grid.last) {
                byDay[day, default: []].append(event)
                day = day.adding(days: 1)
            }
        }
        return byDay
    }
}

extension MonthView.Day {
    fileprivate init(_ day: LocalDay, events: [EventItem], month: LocalDay, time: PageTime) {
        number = day.dayOfMonth
        label = day.full
        isOutside = !day.isInMonth(of: month)
        isToday = day == time.today
        newPath = "/events/new?day=\(day.iso)"
        agendaPath = "/events/agenda?from=\(day.iso)"
        entries = events.prefix(MonthView.maxPerDay).map {
            MonthView.Entry(
                title: $0.title, clock: time.day(of: $0.startsAt) == day ? time.clock($0.startsAt) : nil,
                path: "/events/\($0.id)")
        }
        more = events.count > MonthView.maxPerDay ? "\(events.count - MonthView.maxPerDay) more" : nil
    }
}

extension EventItem {
    /// The days that it touches; one that ends at midnight does not touch the day that begins there.
    func days(_ time: PageTime) -> (first: LocalDay, last: LocalDay) {
        let first = time.day(of: startsAt)
        let end = time.day(of: endsAt)
        return (first, endsAt > startsAt && endsAt == time.start(of: end) ? max(first, end.adding(days: -1)) : end)
    }
}
