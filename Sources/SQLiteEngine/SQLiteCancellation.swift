internal import Synchronization

/// Stops the statements of one connection from any thread.
///
/// Each statement has a ticket; cancelling a ticket stops that statement alone, whether it waits, runs or has ended, so
/// that a late cancellation never stops the next one's. Statements look at it every few thousand instructions.
final class SQLiteCancellation: Sendable {
    /// One statement's.
    final class Ticket: Sendable {
        private let cancelled = Atomic(false)
        private let connection: SQLiteCancellation?

        init(_ connection: SQLiteCancellation?) { self.connection = connection }

        /// Whether nothing may stop the statement but its time limit.
        var isFirm: Bool { connection == nil }

        var isCancelled: Bool {
            cancelled.load(ordering: .relaxed) || connection?.isStopped == true
        }

        func cancel() { cancelled.store(true, ordering: .relaxed) }
    }

    private let stopped = Atomic(false)

    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    func makeTicket() -> Ticket { Ticket(self) }

    /// A ticket that nothing cancels: for ending a transaction.
    func makeFirmTicket() -> Ticket { Ticket(nil) }

    /// Stops whatever runs now, and everything after it.
    func stop() { stopped.store(true, ordering: .relaxed) }
}
