/// The priorities that have names on the page. The interface accepts numbers up to 100; those above ``high`` count as
/// high, and pages show the number too.
enum TaskPriority: Int64, CaseIterable {
    case none = 0
    case low, medium, high

    var label: String {
        switch self {
        case .none: "None"
        case .low: "Low"
        case .medium: "Medium"
        case .high: "High"
        }
    }

    /// As `Medium` or `High (25)`; nil for no priority.
    static func words(for number: Int64) -> String? {
        let word = TaskPriority(nearest: number)
        if word == .none { return nil }
        return word.rawValue == number ? word.label : "\(word.label) (\(number))"
    }

    /// The word nearest to a number.
    init(nearest number: Int64) {
        self = TaskPriority(rawValue: min(max(number, 0), TaskPriority.high.rawValue)) ?? .none
    }

    /// A form's choices; a number without a name is included if it is chosen.
    static func choices(chosen: Int64) -> [FieldView.Choice] {
        var choices = allCases.map {
            FieldView.Choice(value: "\($0.rawValue)", label: $0.label, isChosen: $0.rawValue == chosen)
        }
        if TaskPriority(rawValue: chosen) == nil {
            choices.append(
                FieldView.Choice(value: "\(chosen)", label: words(for: chosen) ?? "\(chosen)", isChosen: true))
        }
        return choices
    }
}
