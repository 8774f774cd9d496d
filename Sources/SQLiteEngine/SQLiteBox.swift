internal import Synchronization
internal import Tenancy

/// Serializes access to a handle.
///
/// `@unchecked Sendable` holds because the handle is used only under the lock and by nobody else (the thread that
/// opened it keeps no reference), and SQLite in multi-thread mode lets any thread use a connection as long as no two
/// do at once.
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

    /// The same, if no other thread uses the handle; nil if one does, or the connection is closed.
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
