internal import Tenancy

/// The view of the template `event`.
struct EventView {
    let heading: String
    let action: String
    let deletePath: String?
    let fields: [FieldView]
    let general: String?
    let zone: String
    let errors: FormErrors

    /// An empty form, from nine to ten o'clock.
    init(newOn day: LocalDay, time: PageTime) {
        let texts = ["starts_at": "\(day.iso)T09:00", "ends_at": "\(day.iso)T10:00"]
        self.init(id: nil, texts: texts, errors: .none, time: time)
    }

    init(_ event: EventItem, time: PageTime) {
        let texts = [
            "title": event.title, "starts_at": time.localField(event.startsAt),
            "ends_at": time.localField(event.endsAt), "location": event.location ?? "",
            "description": event.description ?? "",
        ]
        self.init(id: event.id, texts: texts, errors: .none, time: time)
    }

    /// The refused input.
    init(_ id: Int64?, sent: FormFields, errors: FormErrors, time: PageTime) {
        let names = ["title", "starts_at", "ends_at", "location", "description"]
        let texts = Dictionary(uniqueKeysWithValues: names.map { ($0, sent[$0]) })
        self.init(id: id, texts: texts, errors: errors, time: time)
    }

    private init(id: Int64?, texts: [String: String], errors: FormErrors, time: PageTime) {
        self.errors = errors
        heading = id == nil ? "New event" : "Edit event"
        action = id.map { "/events/\($0)" } ?? "/events"
        deletePath = id.map { "/events/\($0)/delete" }
        general = errors.general
        zone = time.zoneName
        func field(_ name: String, _ label: String, _ type: String, _ maxLength: Int?) -> FieldView {
            FieldView(name, label, type: type, value: texts[name] ?? "", errors: errors).with {
                $0.maxLength = maxLength
                $0.isRequired = ["title", "starts_at", "ends_at"].contains(name)
                $0.hasFocus = name == "title" && id == nil
            }
        }
        fields = FieldView.focusingOnFault([
            field("title", "Title", "text", ItemLimits.title), field("starts_at", "Begins", "datetime-local", nil),
            field("ends_at", "Ends", "datetime-local", nil),
            field("location", "Location", "text", ItemLimits.location),
            field("description", "Description", "multiline", ItemLimits.description),
        ])
    }
}
