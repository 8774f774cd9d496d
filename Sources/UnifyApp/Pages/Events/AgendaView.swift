internal import Tenancy

/// The view of the template `agenda`.
struct AgendaView {
    struct Entry {
        let title: String
        let span: String
        let location: String?
        let path: String
    }

    struct Day {
        let label: String
        let isToday: Bool
        let entries: [Entry]
    }

    let from: String
    let search: String
    let isFiltered: Bool
    let days: [Day]
    let isEmpty: Bool
    let emptyText: String
    let monthPath: String
    let pager: PagerView
    let zone: String

    init(from: LocalDay, text: String?, events: [EventItem], next: Cursor?, place: ListPlace, time: PageTime) {
        self.from = from.iso
        search = text ?? ""
        isFiltered = text != nil
        // An event that began before the first day is listed on the first day.
        var days: [(day: LocalDay, events: [EventItem])] = []
        for event in events {
            let day = max(time.day(of: event.startsAt), from)
            if days.last?.day != day { days.append((day, [])) }
            days[days.count - 1].events.append(event)
        }
        self.days = days.map { entry in
            Day(
                label: entry.day.full, isToday: entry.day == time.today,
                entries: entry.events.map { Entry($0, time: time) })
        }
        isEmpty = events.isEmpty
        emptyText = NoResults.text(for: text, of: "events")
        monthPath = "/events?month=\(from.isoMonth)"
        pager = PagerView(place, count: events.count, next: next)
        zone = time.zoneName
    }
}

extension AgendaView.Entry {
    fileprivate init(_ event: EventItem, time: PageTime) {
        title = event.title
        location = event.location
        path = "/events/\(event.id)"
        let isSameDay = time.day(of: event.startsAt) == time.day(of: event.endsAt)
        span =
            isSameDay
            ? "\(time.clock(event.startsAt))–\(time.clock(event.endsAt))"
            : "\(time.dateAndClock(event.startsAt)) – \(time.dateAndClock(event.endsAt))"
    }
}
