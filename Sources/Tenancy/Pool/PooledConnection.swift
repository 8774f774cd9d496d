internal import Synchronization

/// A connection with a flag that revokes its leases.
package final class PooledConnection: Sendable {
    package let connection: any DatabaseConnection
    /// The epoch of the config with which it was opened.
    package let epoch: Int64
    private let revoked = Atomic(false)

    package init(_ connection: any DatabaseConnection, epoch: Int64 = 0) {
        self.connection = connection
        self.epoch = epoch
    }

    package func close() async { await connection.close() }

    package var isRevoked: Bool { revoked.load(ordering: .acquiring) }

    /// Fails every further statement of its lease, and interrupts the running one.
    package func revoke() {
        revoked.store(true, ordering: .releasing)
        connection.interrupt()
    }
}
