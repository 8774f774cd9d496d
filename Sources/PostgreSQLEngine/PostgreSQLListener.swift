internal import CPostgreSQL
internal import Foundation
internal import Synchronization
internal import Tenancy

/// Waits for `NOTIFY` on its own connection.
final class PostgreSQLListener: ChangeListener {
    private let link: PostgreSQLLink
    private let threads: WorkerThreads
    /// Readable when the wait should end early.
    private let wake: Int32

    init(_ link: PostgreSQLLink, threads: WorkerThreads) throws {
        wake = unify_eventfd()
        guard wake >= 0 else {
            link.close()
            throw TenancyError(.internalFailure, "There is no descriptor left to listen with.", engine: .postgresql)
        }
        self.link = link
        self.threads = threads
    }

    deinit { _ = Foundation.close(wake) }

    func wait(upTo limit: Duration) async throws {
        try await withTaskCancellationHandler {
            try await threads.run { [link, wake] in
                while let note = PQnotifies(link.connection) {
                    PQfreemem(note)
                    while let more = PQnotifies(link.connection) { PQfreemem(more) }
                    return
                }
                _ = try link.wait(besides: wake, upTo: limit)
                while let note = PQnotifies(link.connection) { PQfreemem(note) }
            }
        } onCancel: {
            _ = unify_eventfd_raise(wake)
        }
        try Task.checkCancellation()
    }

    func close() async {
        // The body cannot throw.
        try? await threads.run { [link] in link.close() }
    }
}
