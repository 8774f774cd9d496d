internal import Synchronization

/// Stops the statements of one connection from any thread.
///
/// Each statement has a ticket. Cancelling a ticket stops that statement only, whether it waits, runs or has ended,
/// so a late cancellation never stops the next one. Statements check it every few thousand instructions.
final class SQLiteCancellation: Sendable {
    /// One statement's ticket.
    final class Ticket: Sendable {
        private let cancelled = Atomic(false)
        private let connection: SQLiteCancellation?

        init(_ connection: SQLiteCancellation?) { self.connection = connection }

        /// Whether only its time limit may stop the statement.
        var isFirm: Bool { connection == nil }

        var isCancelled: Bool {
            cancelled.load(ordering: .relaxed) || connection?.isStopped == true
        }

        func cancel() { cancelled.store(true, ordering: .relaxed) }
    }

    private let stopped = Atomic(false)

    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    func makeTicket() -> Ticket { Ticket(self) }

    /// A ticket that cannot be cancelled: for ending a transaction.
    func makeFirmTicket() -> Ticket { Ticket(nil) }

    /// Stops the running statement and all later ones.
    func stop() { stopped.store(true, ordering: .relaxed) }
}
