/// How long a deleted account can be restored, as text.
enum GraceText {
    private static let units: [(seconds: Int64, name: String)] = [(86400, "day"), (3600, "hour"), (60, "minute")]

    /// As `30 days`, `1 day`, `90 minutes` or `45 seconds`; nil if the data is removed without a delay.
    static func text(_ grace: Duration) -> String? {
        let seconds = grace.components.seconds
        guard seconds > 0 else { return nil }
        let (size, unit) = units.first { seconds % $0.seconds == 0 } ?? (1, "second")
        let number = seconds / size
        return "\(GroupedNumber.text(Int(number))) \(unit)\(number == 1 ? "" : "s")"
    }
}
