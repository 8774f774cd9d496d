internal import Metrics
internal import Synchronization
internal import Tenancy

/// The total size of all databases, measured now and then, and only while someone is viewing: each database is
/// queried.
final class FleetSizes: Sendable {
    struct Total: Sendable {
        let databases: Int
        let sizeBytes: Int64
        /// The size of the main database; in single-database mode it contains everything.
        var mainBytes: Int64 = 0
        let measuredAt: Timestamp
    }

    /// The minimum age of a total before it is measured again; also at least a multiple of the time that measuring
    /// took.
    static let minimumAge: Duration = .seconds(60)
    static let restFactor = 50

    private struct State {
        var total: Total?
        var isWanted = false
        var nextAt: Duration = .zero
    }

    private let state = Lock(State())
    private let databases = Gauge(label: "unify_databases")
    private let sizeBytes = Gauge(label: "unify_databases_size_bytes")
    private let mainBytes = Gauge(label: "unify_main_database_size_bytes")

    /// The newest total; nil before the first. Asking keeps it being measured.
    func total() -> Total? {
        state.withLock { state in
            state.isWanted = true
            return state.total
        }
    }

    func isDue(now: Duration) -> Bool { state.withLock { $0.isWanted && now >= $0.nextAt } }

    func set(_ total: Total, took duration: Duration, now: Duration) {
        databases.record(total.databases)
        sizeBytes.record(total.sizeBytes)
        mainBytes.record(total.mainBytes)
        state.withLock { state in
            state.total = total
            state.isWanted = false
            state.nextAt = now + max(Self.minimumAge, duration * Self.restFactor)
        }
    }
}
