internal import HTTPTypes
internal import Synchronization
internal import Tenancy

/// The requests that failed last, for the operator's console. Lives in the memory of one process.
final class RecentErrors: Sendable {
    /// The most that are kept; older ones are in the log.
    static let limit = 500

    struct Entry: Sendable {
        let date: Timestamp
        let userID: UserID
        /// The route's pattern.
        let route: String
        let status: Int
        let code: String
        /// As the log's lines carry it.
        let requestID: String
    }

    /// In the order of time; the oldest is overwritten when there is no room.
    private struct Ring {
        var entries: [Entry] = []
        var next = 0
    }

    private let time: any TimeSource
    private let ring = Lock(Ring())

    init(time: any TimeSource) { self.time = time }

    /// Records a server error; clients' mistakes are not recorded.
    func record(_ error: any Error, of userID: UserID, route: String, requestID: String) {
        let problem = Problem(error)
        guard problem.status.code >= 500 else { return }
        let entry = Entry(
            date: time.wallNow, userID: userID, route: route, status: problem.status.code, code: problem.code,
            requestID: requestID)
        ring.withLock { ring in
            if ring.entries.count < Self.limit {
                ring.entries.append(entry)
            } else {
                ring.entries[ring.next] = entry
                ring.next = (ring.next + 1) % Self.limit
            }
        }
    }

    /// The newest first.
    /// - Parameter userID: only this user's; nil for all.
    func newest(_ count: Int, of userID: UserID? = nil) -> [Entry] {
        let ring = ring.withLock { $0 }
        let ordered = ring.entries[ring.next...] + ring.entries[..<ring.next]
        return Array(ordered.reversed().filter { userID == nil || $0.userID == userID }.prefix(count))
    }
}
