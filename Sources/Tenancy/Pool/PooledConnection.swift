internal import Synchronization

/// A connection with a flag that revokes its leases.
package final class PooledConnection: Sendable {
    package let connection: any DatabaseConnection
    private let revoked = Atomic(false)

    package init(_ connection: any DatabaseConnection) { self.connection = connection }

    package func close() async { await connection.close() }

    package var isRevoked: Bool { revoked.load(ordering: .acquiring) }

    /// Fails every further statement of its lease, and interrupts the running one.
    package func revoke() {
        revoked.store(true, ordering: .releasing)
        connection.interrupt()
    }
}
