/// What one statement may take where that is less than every statement may.
public struct StatementBounds: Sendable {
    /// How long it may run; nil for as long as every statement.
    public var timeLimit: Duration?
    /// The most bytes of its result; nil for as many as every statement.
    public var maxBytes: Int?
    /// Whether it may take long though it reads few rows, so that it must not run where others would wait for it.
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
