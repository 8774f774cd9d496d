/// The priorities that the page has words for. The interface knows numbers up to 100; what is above ``high`` is high too,
/// and pages show the number with the word.
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

    /// The choices of a form; a number that has no word of its own is one of them where it is chosen.
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
