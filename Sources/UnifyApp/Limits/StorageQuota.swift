internal import Logging
internal import Synchronization
internal import Tenancy

/// Refuses writes to a user's database that has reached its size limit. Reading and deleting remain possible.
///
/// Sizes are measured now and then and not at each request, so a user may exceed the limit for that time.
final class StorageQuota: Sendable {
    /// How long a measured size is used: a file's costs nothing to read, a server's a connection.
    static let (fileAge, serverAge): (Duration, Duration) = (.seconds(1), .seconds(300))
    static let maxUsers = 100_000

    private struct Size {
        let bytes: Int64
        let measuredAt: Duration
    }

    private let manager: MultiTenantDatabaseManager
    private let limits: UserLimits
    private let storage: StorageGuard
    private let time: any TimeSource
    private let logger: Logger
    private let sizes = Lock(LRUCache<UserID, Size>())

    init(
        manager: MultiTenantDatabaseManager, limits: UserLimits, storage: StorageGuard, time: any TimeSource,
        logger: Logger
    ) {
        self.manager = manager
        self.storage = storage
        self.limits = limits
        self.time = time
        self.logger = logger
    }

    /// - Throws: ``Problem`` `database_full` (507).
    func require(for userID: UserID) async throws {
        guard let maxBytes = limits.maxDatabaseBytes else { return }
        guard try await bytes(of: userID) < maxBytes else { throw Problem.databaseFull }
    }

    private func bytes(of userID: UserID) async throws -> Int64 {
        guard let config = try await manager.loadUserDatabaseConfig(userID) else { return 0 }
        let age = config.path == nil ? Self.serverAge : Self.fileAge
        let now = time.monotonicNow
        let known = sizes.withLock { $0.use(userID) }
        if let known, now - known.measuredAt < age { return known.bytes }
        // An unavailable size refuses nothing; the write itself reports what is wrong.
        let bytes = await manager.statistics(of: config, isAnew: true).sizeBytes ?? 0
        if limits.isNearlyFull(bytes), !limits.isNearlyFull(known?.bytes) {
            logger.warning("a user's database is nearly full", metadata: ["user": "\(userID)", "bytes": "\(bytes)"])
        }
        if let known { storage.note(grownBytes: bytes - known.bytes) }
        sizes.withLock { sizes in
            sizes.set(Size(bytes: bytes, measuredAt: now), for: userID)
            while sizes.count > Self.maxUsers { _ = sizes.popOldest() }
        }
        return bytes
    }
}
