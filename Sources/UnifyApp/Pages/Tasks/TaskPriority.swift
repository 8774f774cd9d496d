/// The priorities that the page has words for; the interface knows numbers up to 100.
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
            choices.append(FieldView.Choice(value: "\(chosen)", label: "High (\(chosen))", isChosen: true))
        }
        return choices
    }
}
