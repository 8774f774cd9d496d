internal import Hummingbird
internal import Tenancy

/// Events: a month, the days ahead, and one event in a form.
struct EventPages: Sendable {
    static let agendaPageSize = 50
    /// The most events of a month that are shown.
    static let maxPerMonth = 1000

    let renderer: PageRenderer
    let actions: ItemActions<EventItem>
    let deleted: DeletedItems

    var endpoints: [Endpoint] {
        [
            .page(.get, "/events", .user, month), .page(.get, "/events/agenda", .user, agenda),
            .page(.get, "/events/new", .user, new), .page(.post, "/events", .user, add),
            .page(.get, "/events/{id}", .user, show), .page(.post, "/events/{id}", .user, save),
            .page(.post, "/events/{id}/delete", .user, delete),
        ]
    }

    private static let path = PagePlace.events.path

    // MARK: Lists

    private func month(_ scope: RequestScope) async throws -> Response {
        let time = renderer.time(of: scope)
        var query = scope.query
        var first = time.today.firstOfMonth()
        if let text = query.text("month", maxLength: 10) {
            if let day = LocalDay(month: text) {
                first = day
            } else {
                query.reject("month", "must be one like 2026-11")
            }
        }
        try query.finish()
        let grid = MonthGrid(of: first)
        let filter = Self.filter(from: time.start(of: grid.first), to: time.start(of: grid.last.adding(days: 1)))
        let (events, next) = try await actions.data.withItems(EventItem.self, .read) {
            try await $0.list(filter, after: nil, limit: Self.maxPerMonth)
        }
        let view = MonthView(grid, events: events, hasMore: next != nil, time: time)
        return renderer.page(.month, view, title: "Events in \(first.month)", at: .events, for: scope)
    }

    private func agenda(_ scope: RequestScope) async throws -> Response {
        let time = renderer.time(of: scope)
        var query = scope.query
        var from = time.today
        if let text = query.text("from", maxLength: 10) {
            if let day = LocalDay(text) { from = day } else { query.reject("from", "must be a day like 2026-11-25") }
        }
        let text = query.text("q", maxLength: ItemLimits.search)
        let place = ListPlace(
            &query, path: LocalPath.query("/events/agenda", ["from": from.iso, "q": text]),
            where: ItemOrder<EventItem>.standard.fits)
        try query.finish()
        var filter = Self.filter(from: time.start(of: from), to: nil)
        filter.requireText(text, in: "Title", "Description")
        let (chosen, cursor) = (filter, place.cursor)
        let (events, next) = try await actions.data.withItems(EventItem.self, .read) {
            try await $0.list(chosen, after: cursor, limit: Self.agendaPageSize)
        }
        let view = AgendaView(
            from: from, text: text, events: events, next: next, place: place, time: time)
        return renderer.page(.agenda, view, title: "Agenda", at: .events, for: scope)
    }

    /// Events that touch a span of time.
    private static func filter(from: Timestamp, to: Timestamp?) -> ItemFilter {
        var filter = ItemFilter()
        // An event that ends where the span begins is over; an event without duration belongs to its start.
        filter.require("(Ends_At > ? OR Starts_At >= ?)", .timestamp(from), .timestamp(from))
        if let to { filter.require("Starts_At < ?", .timestamp(to)) }
        return filter
    }

    // MARK: One event

    private func new(_ scope: RequestScope) async throws -> Response {
        let time = renderer.time(of: scope)
        var query = scope.query
        let day = query.text("day", maxLength: 10).flatMap { LocalDay($0) } ?? time.today
        try query.finish()
        return form(EventView(newOn: day, time: time), scope)
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        let event = try await actions.find(try scope.pathID())
        return form(EventView(event, time: renderer.time(of: scope)), scope)
    }

    private func form(_ view: EventView, _ scope: RequestScope) -> Response {
        renderer.page(.event, view, title: view.heading, at: .events, for: scope, status: view.errors.status)
    }

    private func add(_ scope: RequestScope) async throws -> Response {
        let sent = try scope.form()
        let time = time(of: sent, scope)
        do {
            var fields = try reader(of: sent, keeping: nil, time: time)
            let event = try await actions.create(&fields)
            return leave(event, time, notice: .added)
        } catch {
            return form(EventView(nil, sent: sent, errors: try FormErrors(error), time: time), scope)
        }
    }

    private func save(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        let sent = try scope.form()
        let time = time(of: sent, scope)
        do {
            let fields = try reader(of: sent, keeping: try await actions.find(id), time: time)
            let event = try await actions.change(id, fields, keepsAbsentFields: true)
            return leave(event, time, notice: .saved)
        } catch {
            return form(EventView(id, sent: sent, errors: try FormErrors(error), time: time), scope)
        }
    }

    /// A form is read in the zone in which it was shown, wherever the reader is now.
    private func time(of sent: FormFields, _ scope: RequestScope) -> PageTime {
        renderer.time(of: scope).shown(zone: sent.has("zone") ? sent["zone"] : nil)
    }

    /// - Parameter current: the event, whose seconds the form does not show but must keep.
    private func reader(of sent: FormFields, keeping current: EventItem?, time: PageTime) throws -> FieldReader {
        var members = try sent.reader(texts: ["title"], optional: ["location", "description"])
        for (name, instant) in [("starts_at", current?.startsAt), ("ends_at", current?.endsAt)] {
            if let instant, sent[name] == time.localField(instant) { continue }
            members.set(name, sent[name].isEmpty ? nil : .string(time.rfc3339(localField: sent[name])))
        }
        return members
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        let time = renderer.time(of: scope)
        let event = try await actions.take(try scope.pathID())
        let key = deleted.keep(.event(event), of: try scope.requireSession().user.id)
        return renderer.seeOther(monthPath(of: event, time), notice: .deleted, undo: .item(key))
    }

    private func leave(_ event: EventItem, _ time: PageTime, notice: PageNotice) -> Response {
        .seeOther(monthPath(of: event, time), notice: notice)
    }

    private func monthPath(of event: EventItem, _ time: PageTime) -> String {
        LocalPath.query(Self.path, ["month": time.day(of: event.startsAt).isoMonth])
    }
}
