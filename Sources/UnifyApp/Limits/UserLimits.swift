internal import Foundation

/// Limits for one signed-in user, so that others are served.
public struct UserLimits: Sendable {
    /// The share of ``maxDatabaseBytes`` from which on the user is warned.
    static let warningShare = 0.8

    /// Requests that are answered or wait for their turn.
    public var concurrentRequests = 64
    /// Concurrent requests: a long one leaves room for another, and half of the cores for other users.
    public var parallelRequests = max(2, ProcessInfo.processInfo.activeProcessorCount / 2)
    /// Urgent requests (``Endpoint/urgent``) of all the user's sessions that are answered at once.
    public var urgentRequests = 4
    /// Requests in a second over a longer time, twice as many at once; nil for any number.
    public var requestsPerSecond: Int?
    /// The size from which on nothing more is stored; nil for none.
    public var maxDatabaseBytes: Int64? = 1024 * 1024 * 1024

    /// Unsent bytes of large answers; beyond this, further requests are refused.
    public var unsentBytes = 32 * 1024 * 1024
    /// The same of all users together.
    public var unsentBytesOfAll = 256 * 1024 * 1024

    public init() {}

    func isNearlyFull(_ bytes: Int64?) -> Bool {
        guard let bytes, let maxDatabaseBytes else { return false }
        return Double(bytes) >= Double(maxDatabaseBytes) * Self.warningShare
    }
}
