/// The bounds of the pools of one ``PoolDirectory``.
public struct PoolLimits: Sendable, Equatable {
    /// Idle connections kept open for each database.
    public var poolSize: Int
    /// Connections of one database beyond ``poolSize``; closed when given back.
    public var maxOverflow: Int
    /// Open connections over all databases.
    public var maxConnections: Int
    /// Leases and reservations that wait for one server, or for files; a further one is refused at once.
    public var maxWaiting: Int
    /// How long a lease may wait for a connection.
    public var waitLimit: Duration
    /// How long an idle connection is kept.
    public var idleLimit: Duration

    public init(
        poolSize: Int = 10, maxOverflow: Int = 20, maxConnections: Int = 1000, maxWaiting: Int = 10_000,
        waitLimit: Duration = .seconds(10), idleLimit: Duration = .seconds(300)
    ) {
        precondition(poolSize > 0 && maxOverflow >= 0 && maxConnections > 0 && maxWaiting >= 0)
        self.poolSize = poolSize
        self.maxOverflow = maxOverflow
        self.maxConnections = maxConnections
        self.maxWaiting = maxWaiting
        self.waitLimit = waitLimit
        self.idleLimit = idleLimit
    }

    /// The most connections of one database.
    public var maxPerDatabase: Int { poolSize + maxOverflow }
}
