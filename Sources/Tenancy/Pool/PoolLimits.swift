/// The bounds of the pools of one ``PoolDirectory``.
public struct PoolLimits: Sendable, Equatable {
    /// Connections of one database that stay open when they are not in use.
    public var poolSize: Int
    /// Connections of one database beyond ``poolSize``, closed as soon as they are given back.
    public var maxOverflow: Int
    /// Open connections over all databases together.
    public var maxConnections: Int
    /// Leases that may wait, over all databases together; one more is refused at once.
    public var maxWaiting: Int
    /// How long a lease may wait for a connection.
    public var waitLimit: Duration
    /// How long a connection may lie unused before it is closed.
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
