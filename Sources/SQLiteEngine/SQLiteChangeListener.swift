internal import CSQLite
internal import Foundation
internal import Synchronization
internal import Tenancy

/// Notices through inotify(7) that any process has written a database's log.
final class SQLiteChangeListener: ChangeListener {
    /// Changes within this many milliseconds of the first are reported together with it.
    private static let gathering: Int32 = 20
    private let watch: Int32
    /// Readable when the wait should end early.
    private let wake: Int32
    private let names: Set<String>
    private let closing: @Sendable (Int32) -> Void
    private let threads = WorkerThreads(name: "sqlite-listen", maxThreads: 1)

    /// - Returns: nil if the system has no watches left, or the folder does not exist.
    convenience init?(path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        let name = (path as NSString).lastPathComponent
        self.init(
            names: [name, "\(name)-wal"], watch: unify_inotify(folder), wake: unify_sqlite_eventfd(),
            closing: { _ = Foundation.close($0) })
    }

    /// - Parameters:
    ///   - watch: an inotify descriptor; negative if there is none. The listener takes ownership, as of `wake`.
    ///   - closing: closes a descriptor.
    init?(names: Set<String>, watch: Int32, wake: Int32, closing: @escaping @Sendable (Int32) -> Void) {
        self.names = names
        self.watch = watch
        self.wake = wake
        self.closing = closing
        // `deinit` also runs when this initializer fails, so descriptors are closed only there. Closing a number
        // twice might close somebody else's descriptor.
        guard watch >= 0, wake >= 0 else { return nil }
    }

    deinit {
        for descriptor in [watch, wake] where descriptor >= 0 { closing(descriptor) }
    }

    func wait(upTo limit: Duration) async throws {
        try await withTaskCancellationHandler {
            try await threads.run { [self] in
                let end = ContinuousClock.now + limit
                while true {
                    let left = Int32(clamping: Int((end - ContinuousClock.now) / .milliseconds(1)))
                    guard left > 0, isReadable(for: left) else { return }
                    guard takeEvents() else { continue }
                    poll(nil, 0, Self.gathering)
                    _ = takeEvents()
                    return
                }
            }
        } onCancel: {
            _ = unify_sqlite_eventfd_raise(wake)
        }
        try Task.checkCancellation()
    }

    func close() async {}

    /// - Returns: false on timeout, or if the wait should end early.
    private func isReadable(for milliseconds: Int32) -> Bool {
        var descriptors = [
            pollfd(fd: watch, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        return poll(&descriptors, 2, milliseconds) > 0 && descriptors[1].revents == 0
    }

    /// - Returns: whether any event concerns this database.
    private func takeEvents() -> Bool {
        var isOurs = false
        let size = 16 * 1024
        withUnsafeTemporaryAllocation(byteCount: size, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
            while case let count = read(watch, buffer.baseAddress, size), count > 0 {
                var offset = 0
                while offset < count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    let start = offset + MemoryLayout<inotify_event>.size
                    let end = start + Int(event.len)
                    let name = buffer[start..<end].prefix { $0 != 0 }
                    if names.contains(String(decoding: name, as: UTF8.self)) { isOurs = true }
                    offset = end
                }
            }
        }
        return isOurs
    }
}
