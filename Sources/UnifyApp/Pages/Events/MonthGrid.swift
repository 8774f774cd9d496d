/// The whole weeks, from Monday to Sunday, that a month lies in.
struct MonthGrid {
    let month: LocalDay
    let weeks: [[LocalDay]]

    init(of month: LocalDay) {
        self.month = month.firstOfMonth()
        let next = month.firstOfMonth(adding: 1)
        var weeks: [[LocalDay]] = []
        var monday = self.month.monday
        while monday < next {
            weeks.append((0..<7).map { monday.adding(days: $0) })
            monday = monday.adding(days: 7)
        }
        self.weeks = weeks
    }

    var first: LocalDay { month.monday }
    var last: LocalDay { first.adding(days: weeks.count * 7 - 1) }
}
