/// How long a deleted account can be restored, in words.
enum GraceText {
    /// As `30 days`, `1 day` or `6 hours`; nil where the data is removed without a delay.
    static func text(_ grace: Duration) -> String? {
        let hours = grace.components.seconds / 3600
        guard hours > 0 else { return nil }
        let (number, unit) = hours % 24 == 0 ? (hours / 24, "day") : (hours, "hour")
        return "\(GroupedNumber.text(Int(number))) \(unit)\(number == 1 ? "" : "s")"
    }
}
