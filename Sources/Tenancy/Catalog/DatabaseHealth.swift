/// A database's health as of the last time it was opened or checked. It is stored in the database's config, so lists,
/// pages, readiness, metrics and the doctor agree.
public struct DatabaseHealth: Sendable, Equatable {
    /// The value of `Health` for a healthy database.
    static let healthyWord = "healthy"
    static let unhealthyWord = "unhealthy"
    /// The check date of a database that has not been checked since checks are recorded.
    static let neverChecked = Timestamp(milliseconds: 0)
    /// The health of a database that is being made.
    static let new = DatabaseHealth(fault: nil, date: nil, checkedAt: neverChecked)

    /// Nil if healthy.
    public let fault: DatabaseFault?
    /// When the health last changed; nil if it never did.
    public let date: Timestamp?
    /// When the database was last checked.
    public let checkedAt: Timestamp

    public var isHealthy: Bool { fault == nil }
}
