internal import Synchronization
internal import Tenancy

/// Refuses all further writes when the disk is nearly full or all databases together have reached their limit.
/// Reading and deleting remain possible.
///
/// Checks the disk once a second. The total size is measured in the background and adjusted by known growth.
final class StorageGuard: Sendable {
    static let diskAge: Duration = .seconds(1)
    /// The assumed size of a new account until it is measured.
    static let accountBytes: Int64 = 64 * 1024

    private struct State {
        var isDiskShort = false
        var lookedAt: Duration?
        var grownBytes: Int64 = 0
        var measuredAt: Timestamp?
    }

    private let limits: StorageLimits
    private let dataDirectory: String
    private let sizes: FleetSizes
    private let time: any TimeSource
    private let state = Lock(State())

    init(limits: StorageLimits, dataDirectory: String, sizes: FleetSizes, time: any TimeSource) {
        self.limits = limits
        self.dataDirectory = dataDirectory
        self.sizes = sizes
        self.time = time
    }

    /// Whether writes are refused.
    var isFull: Bool {
        let now = time.monotonicNow
        let total = limits.maxTotalBytes == nil ? nil : sizes.total()
        return state.withLock { state in
            if state.lookedAt.map({ now - $0 >= Self.diskAge }) ?? true {
                state.isDiskShort = isDiskShort
                state.lookedAt = now
            }
            if let total, state.measuredAt != total.measuredAt {
                (state.grownBytes, state.measuredAt) = (0, total.measuredAt)
            }
            guard let total, let max = limits.maxTotalBytes else { return state.isDiskShort }
            return state.isDiskShort || total.sizeBytes + total.mainBytes + state.grownBytes >= max
        }
    }

    private var isDiskShort: Bool {
        guard limits.diskReserveBytes > 0 else { return false }
        return !FreeDisk.isRoom(for: 0, at: dataDirectory, leaving: limits.diskReserveBytes)
    }

    /// Adds growth since the last measurement.
    func note(grownBytes: Int64) { state.withLock { $0.grownBytes += grownBytes } }

    /// - Throws: ``Problem`` `storage_full` (507).
    func requireForGrowth() throws {
        if isFull { throw Problem.storageFull(forNewAccount: false) }
    }

    /// - Throws: ``Problem`` `storage_full` (503).
    func requireForAccount() throws {
        if isFull { throw Problem.storageFull(forNewAccount: true) }
    }
}
