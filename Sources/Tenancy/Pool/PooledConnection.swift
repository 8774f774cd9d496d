internal import Synchronization

/// A connection with the mark that says whether its leases must stop working.
package final class PooledConnection: Sendable {
    package let connection: any DatabaseConnection
    /// The epoch of the config that it was opened by.
    package let epoch: Int64
    /// The share of its server's connections that it takes; nil for an embedded engine.
    private let slot: ServerBudget.Slot?
    private let revoked = Atomic(false)

    package init(_ connection: any DatabaseConnection, epoch: Int64 = 0, slot: ServerBudget.Slot? = nil) {
        self.slot = slot
        self.connection = connection
        self.epoch = epoch
    }

    /// Whether it is better closed than kept: somebody waits for a connection to its server.
    package var isWanted: Bool { slot?.isWanted ?? false }

    package func close() async {
        await connection.close()
        slot?.release()
    }

    package var isRevoked: Bool { revoked.load(ordering: .acquiring) }

    /// From now on every statement of its lease fails, and the one that runs is interrupted.
    package func revoke() {
        revoked.store(true, ordering: .releasing)
        connection.interrupt()
    }
}
