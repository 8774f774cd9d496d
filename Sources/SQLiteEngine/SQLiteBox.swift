internal import Synchronization
internal import Tenancy

/// Lets one thread at a time at a handle.
///
/// `@unchecked Sendable` holds because the handle is reached only under the lock, is not shared by anybody else (it comes
/// from the thread that opened it, which keeps nothing), and SQLite in its multi-thread mode lets any thread use a
/// connection as long as no two do at once.
final class SQLiteBox: @unchecked Sendable {
    private let lock = Lock(())
    private var handle: SQLiteHandle?

    init(_ handle: SQLiteHandle) { self.handle = handle }

    func withHandle<Result>(_ body: (SQLiteHandle) throws -> Result) throws -> Result {
        try lock.withLock { _ in
            guard let handle else {
                throw TenancyError(.leaseEnded, "The connection is closed.", engine: .sqlite)
            }
            return try body(handle)
        }
    }

    /// The same where nobody else is at the handle; nil if somebody is, or the connection is closed.
    func withHandleIfFree<Result>(_ body: (SQLiteHandle) throws -> Result?) throws -> Result? {
        try lock.withLockIfAvailable { _ -> Result? in
            guard let handle else { return nil }
            return try body(handle)
        } ?? nil
    }

    var isBroken: Bool { lock.withLock { _ in handle?.isBroken ?? true } }

    func close() {
        lock.withLock { _ in
            handle?.close()
            handle = nil
        }
    }

    deinit { handle?.close() }
}
