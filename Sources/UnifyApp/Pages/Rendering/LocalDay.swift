internal import Tenancy

/// A day of the calendar, wherever the reader is.
struct LocalDay: Hashable, Comparable {
    private let number: Int64

    private init(number: Int64) { self.number = number }

    /// - Parameter instant: moved to the reader's clock already.
    init(shifted instant: Timestamp) { number = instant.milliseconds.floorDivided(by: 86_400_000) }

    /// - Parameter text: as `2026-11-25`.
    init?(_ text: String) {
        guard text.utf8.count == 10, let instant = Timestamp(rfc3339: text + "T00:00:00Z") else { return nil }
        self.init(shifted: instant)
    }

    /// The first day of a month.
    /// - Parameter month: as `2026-11`.
    init?(month: String) { self.init(month + "-01") }

    private var date: CivilDate { CivilDate(daysSince1970: number) }

    static func < (left: LocalDay, right: LocalDay) -> Bool { left.number < right.number }

    func adding(days: Int) -> LocalDay { LocalDay(number: number + Int64(days)) }

    /// The first day of a month near this day's.
    func firstOfMonth(adding months: Int = 0) -> LocalDay {
        let date = date
        let index = date.year * 12 + date.month - 1 + Int64(months)
        let year = index.floorDivided(by: 12)
        return LocalDay(number: CivilDate(year: year, month: index - year * 12 + 1, day: 1).daysSince1970)
    }

    /// The Monday of its week.
    var monday: LocalDay { adding(days: -weekday) }

    /// 0 for Monday to 6 for Sunday. The first of January 1970 was a Thursday.
    private var weekday: Int {
        let days = number + 3
        return Int(days - days.floorDivided(by: 7) * 7)
    }

    var year: Int64 { date.year }
    var dayOfMonth: Int64 { date.day }
    func isInMonth(of other: LocalDay) -> Bool { date.month == other.date.month && date.year == other.date.year }

    /// Midnight of that day in UTC.
    var midnight: Timestamp { Timestamp(milliseconds: number * 86_400_000) }

    // MARK: Words

    /// As `2026-11-25`.
    var iso: String { String(midnight.rfc3339.prefix(10)) }
    /// As `2026-11`.
    var isoMonth: String { String(iso.prefix(7)) }
    /// As `25 November 2026`.
    var long: String { "\(date.day) \(monthName) \(date.year)" }
    /// As `25 Nov 2026`.
    var short: String { "\(date.day) \(monthName.prefix(3)) \(date.year)" }
    /// As `Wednesday, 25 November 2026`.
    var full: String { "\(Self.weekdayNames[weekday]), \(long)" }
    /// As `November 2026`.
    var month: String { "\(monthName) \(date.year)" }

    private var monthName: String { Self.monthNames[Int(date.month) - 1] }

    static let weekdayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}
