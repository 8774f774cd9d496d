/// The unit of a numeric setting.
enum SettingUnit: String {
    case none = ""
    case seconds, days
    case megabytes = "MB"

    /// The expected value, for an error message.
    func expectation(_ range: ClosedRange<Int>) -> String {
        let what = self == .none ? "a whole number" : "a whole number of \(rawValue), without the unit,"
        return "\(what) from \(range.lowerBound) to \(range.upperBound)"
    }

    /// The number intended by a value with its own unit, such as 120 for `2m` in seconds.
    func number(meantBy text: String) -> Int? {
        guard let match = text.lowercased().wholeMatch(of: #/(\d{1,9})\s*([a-z]+)/#), let count = Int(match.1) else {
            return nil
        }
        return sizes[String(match.2)].map { size, divisor in count * size / divisor }
    }

    /// By each unit, the factor and the divisor that lead to this one.
    private var sizes: [String: (Int, Int)] {
        switch self {
        case .none: [:]
        case .seconds:
            [
                "s": (1, 1), "sec": (1, 1), "seconds": (1, 1), "m": (60, 1), "min": (60, 1), "h": (3600, 1),
                "ms": (1, 1000),
            ]
        case .days: ["d": (1, 1), "days": (1, 1), "w": (7, 1), "h": (1, 24)]
        case .megabytes:
            [
                "mb": (1, 1), "mib": (1, 1), "m": (1, 1), "gb": (1024, 1), "gib": (1024, 1), "g": (1024, 1),
                "tb": (1_048_576, 1), "t": (1_048_576, 1), "kb": (1, 1024),
            ]
        }
    }
}
