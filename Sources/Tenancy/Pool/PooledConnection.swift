internal import Synchronization

/// A connection with the mark that says whether its leases must stop working.
package final class PooledConnection: Sendable {
    package let connection: any DatabaseConnection
    /// The epoch of the config that it was opened by.
    package let epoch: Int64
    private let revoked = Atomic(false)

    package init(_ connection: any DatabaseConnection, epoch: Int64 = 0) {
        self.connection = connection
        self.epoch = epoch
    }

    package var isRevoked: Bool { revoked.load(ordering: .acquiring) }

    /// From now on every statement of its lease fails, and the one that runs is interrupted.
    package func revoke() {
        revoked.store(true, ordering: .releasing)
        connection.interrupt()
    }
}
