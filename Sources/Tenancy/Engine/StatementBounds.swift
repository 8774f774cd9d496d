/// Limits for one statement that are tighter than the defaults.
public struct StatementBounds: Sendable {
    /// The longest run time; nil for the default.
    public var timeLimit: Duration?
    /// The most bytes of the result; nil for the default.
    public var maxBytes: Int?
    /// Whether the statement may take long although it returns few rows, so that it must not block other work.
    public var isLong: Bool

    public init(timeLimit: Duration? = nil, maxBytes: Int? = nil, isLong: Bool = false) {
        self.timeLimit = timeLimit
        self.maxBytes = maxBytes
        self.isLong = isLong
    }

    package static let none = StatementBounds()
}

extension StatementLimits {
    func narrowed(to bounds: StatementBounds) -> StatementLimits {
        var limits = self
        if let timeLimit = bounds.timeLimit { limits.timeLimit = min(limits.timeLimit, timeLimit) }
        if let maxBytes = bounds.maxBytes { limits.maxBytes = min(limits.maxBytes, maxBytes) }
        limits.isLong = bounds.isLong
        return limits
    }
}
