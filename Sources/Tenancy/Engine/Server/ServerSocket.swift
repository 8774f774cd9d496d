internal import Foundation
internal import Synchronization

/// The socket of a connection to a server, as threads beside the one that uses the connection may touch it.
///
/// It is a duplicate: client libraries close theirs by themselves when a connection fails, and the system may give its
/// number to another connection while somebody is about to shut this one down.
public final class ServerSocket: Sendable {
    private let descriptor: Lock<Int32?>

    /// - Parameter socket: the client library's, open.
    /// - Throws: ``TenancyError`` `connectionFailed` where no descriptor is left.
    public init(duplicating socket: Int32) throws {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            throw TenancyError(
                .connectionFailed, "No descriptor is left for a connection to a server. Raise ulimit -n.")
        }
        descriptor = Lock(copy)
    }

    deinit { close() }

    /// Whether the server has neither closed the connection nor sent something that nobody asked for. False once closed.
    public var isQuiet: Bool {
        descriptor.withLock { descriptor in
            guard let descriptor else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&entry, 1, 0) == 0
        }
    }

    /// Makes every call that waits for the server on this connection return.
    public func shutDown() {
        descriptor.withLock { descriptor in
            if let descriptor { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Gives the duplicate back; more than once is no error.
    public func close() {
        descriptor.withLock { descriptor in
            if let open = descriptor { _ = Foundation.close(open) }
            descriptor = nil
        }
    }
}
