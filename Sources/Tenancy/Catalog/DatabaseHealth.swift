/// Whether a database can be used, as it was found when it was last opened or looked at: columns of its config, so that lists,
/// pages, readiness, metrics and the doctor all say the same.
public struct DatabaseHealth: Sendable, Equatable {
    /// What the column `Health` holds.
    static let healthyWord = "healthy"
    static let unhealthyWord = "unhealthy"
    /// The date of the last look at a database from before looks were noted.
    static let neverChecked = Timestamp(milliseconds: 0)
    /// Of a database that is being made.
    static let new = DatabaseHealth(fault: nil, date: nil, checkedAt: neverChecked)

    /// Nil for a healthy one.
    public let fault: DatabaseFault?
    /// Since when it is so; nil where it was never found to be otherwise.
    public let date: Timestamp?
    /// When somebody last looked.
    public let checkedAt: Timestamp

    public var isHealthy: Bool { fault == nil }
}
