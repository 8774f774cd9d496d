/// The number of a user: the key of their row in `Users`, and the only thing from which their database's name is
/// made.
///
/// Always at least 1, and never assigned to a second user.
public struct UserID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let rawValue: Int64

    /// - Returns: nil for a number below 1.
    public init?(_ rawValue: Int64) {
        guard rawValue >= 1 else { return nil }
        self.rawValue = rawValue
    }

    /// Reads plain decimal digits only: no sign, no space, no leading zero.
    public init?(_ text: some StringProtocol) {
        guard let number = Int64(text), String(number) == String(text) else { return nil }
        self.init(number)
    }

    public static func < (left: UserID, right: UserID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { String(rawValue) }
}

extension UserID: ExpressibleByIntegerLiteral {
    /// For literals. Traps below 1.
    public init(integerLiteral value: Int64) {
        precondition(value >= 1, "a user id is at least 1")
        rawValue = value
    }
}
