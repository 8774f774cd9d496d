internal import Synchronization

/// A connection with a flag that revokes its leases.
package final class PooledConnection: Sendable {
    package let connection: any DatabaseConnection
    /// The epoch of the config with which it was opened.
    package let epoch: Int64
    /// Its slot in the server's budget; nil for an embedded engine.
    private let slot: ServerBudget.Slot?
    private let revoked = Atomic(false)

    package init(_ connection: any DatabaseConnection, epoch: Int64 = 0, slot: ServerBudget.Slot? = nil) {
        self.slot = slot
        self.connection = connection
        self.epoch = epoch
    }

    /// Whether to close it rather than keep it, because someone waits for a connection to its server.
    package var isWanted: Bool { slot?.isWanted ?? false }

    /// The address of its server; nil for an embedded engine.
    package var server: String? { slot?.server }

    package func close() async {
        await connection.close()
        slot?.release()
    }

    package var isRevoked: Bool { revoked.load(ordering: .acquiring) }

    /// Fails every further statement of its lease, and interrupts the running one.
    package func revoke() {
        revoked.store(true, ordering: .releasing)
        connection.interrupt()
    }
}
