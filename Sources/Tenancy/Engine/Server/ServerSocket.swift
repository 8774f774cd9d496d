internal import Foundation
internal import Synchronization

/// The socket of a server connection, for use by other threads than the one that uses the connection.
///
/// It is a duplicate. Client libraries close their own descriptor when a connection fails, and the system may reuse
/// its number while another thread is about to shut it down.
public final class ServerSocket: Sendable {
    private struct State {
        var descriptor: Int32?
        /// The id in the poller; nil while the socket is not polled.
        var watchID: UInt64?
    }

    private let state: Lock<State>
    private let readiness = SocketPoller.Readiness()

    /// - Parameter socket: the client library's open descriptor.
    /// - Throws: ``TenancyError`` `connectionFailed` if no descriptor is left.
    public init(duplicating socket: Int32) throws {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            throw TenancyError(
                .connectionFailed, "No descriptor is left for a connection to a server. Raise ulimit -n.")
        }
        state = Lock(State(descriptor: copy))
    }

    deinit { close() }

    /// Whether the server has neither closed the connection nor sent anything unrequested. False once closed.
    public var isQuiet: Bool {
        state.withLock { state in
            guard let descriptor = state.descriptor else { return false }
            // The poller would have reported new data; data reported earlier may have been read since.
            return state.watchID != nil && readiness.isQuiet || !Self.hasNews(descriptor)
        }
    }

    /// Suspends until the socket is readable or closed. May wake spuriously. One task may wait at a time.
    /// - Throws: ``TenancyError`` `connectionFailed` if the system cannot watch one more socket.
    func waitForNews() async throws {
        let mustWait = try state.withLock { state in
            guard let descriptor = state.descriptor else { return false }
            if state.watchID == nil { state.watchID = try SocketPoller.shared.add(readiness, of: descriptor) }
            return true
        }
        if mustWait { await readiness.wait() }
    }

    /// Whether there is data to read now. Check this after a read that expects more: ``waitForNews()`` may not report
    /// data that arrived before that read.
    public var hasNews: Bool { state.withLock { $0.descriptor.map(Self.hasNews) ?? true } }

    private static func hasNews(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) != 0
    }

    /// Makes every call that waits for the server on this connection return.
    public func shutDown() {
        state.withLock { state in
            if let descriptor = state.descriptor { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Closes the duplicate; idempotent.
    public func close() {
        state.withLock { state in
            guard let descriptor = state.descriptor else { return }
            if let id = state.watchID { SocketPoller.shared.remove(id, of: descriptor) }
            _ = Foundation.close(descriptor)
            state = State()
        }
        // Wakes the waiting task; the client library tells it that the connection has ended.
        readiness.signal(isEnd: true)
    }
}
