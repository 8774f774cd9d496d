/// Numbers for people to read.
enum GroupedNumber {
    /// With a comma between thousands.
    static func text(_ value: Int) -> String {
        let digits = String(abs(value))
        let groups = stride(from: digits.count, to: 0, by: -3).map { end in
            let start = max(0, end - 3)
            return String(digits.dropFirst(start).prefix(end - start))
        }
        return (value < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
    }
}
