internal import Foundation
internal import Synchronization

/// The socket of a connection to a server, as threads beside the one that uses the connection may touch it.
///
/// It is a duplicate: client libraries close theirs by themselves when a connection fails, and the system may give its
/// number to another connection while somebody is about to shut this one down.
public final class ServerSocket: Sendable {
    private struct State {
        var descriptor: Int32?
        /// Among the sockets that are waited for.
        var watchID: UInt64?
    }

    private let state: Lock<State>
    private let readiness = SocketWatch.Readiness()

    /// - Parameter socket: the client library's, open.
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

    /// Whether the server has neither closed the connection nor sent something that nobody asked for. False once closed.
    public var isQuiet: Bool {
        state.withLock { state in
            guard let descriptor = state.descriptor else { return false }
            // The watch would have told of news; what it told may have been read since.
            return state.watchID != nil && readiness.isQuiet || !Self.hasNews(descriptor)
        }
    }

    /// Returns when the server has sent something or the connection has ended; perhaps also when neither is so, which
    /// the client library then says. One task at a time waits.
    /// - Throws: ``TenancyError`` `connectionFailed` if the system has no room for one more to be waited for.
    func waitForNews() async throws {
        let mustWait = try state.withLock { state in
            guard let descriptor = state.descriptor else { return false }
            if state.watchID == nil { state.watchID = try SocketWatch.shared.add(readiness, of: descriptor) }
            return true
        }
        if mustWait { await readiness.wait() }
    }

    /// Whether there is something to read now. For who has read, and knows that more must come: of what arrived before
    /// that, ``waitForNews()`` may know nothing.
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

    /// Gives the duplicate back; idempotent.
    public func close() {
        state.withLock { state in
            guard let descriptor = state.descriptor else { return }
            if let id = state.watchID { SocketWatch.shared.remove(id, of: descriptor) }
            _ = Foundation.close(descriptor)
            state = State()
        }
        // Who still waits learns from the client library that it is over.
        readiness.signal(isEnd: true)
    }
}
