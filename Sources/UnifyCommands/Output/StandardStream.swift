internal import Foundation

/// A standard stream, written without a buffer, so that failures are known at once.
struct StandardStream {
    static let output = StandardStream(descriptor: STDOUT_FILENO)
    static let error = StandardStream(descriptor: STDERR_FILENO)

    let descriptor: Int32

    /// - Throws: ``OutputFailure``.
    func write(_ text: String) throws(OutputFailure) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno == EAGAIN {
                // The parent process made the stream non-blocking.
                var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waited, 1, -1)
            } else if errno != EINTR {
                throw OutputFailure(errno: errno)
            }
        }
    }

    /// For hints: progress, prompts and the reason of a failure, which the status reports too.
    func writeIgnoringErrors(_ text: String) {
        do { try write(text) } catch { return }
    }

    /// Occupies standard streams that the parent process has closed. Otherwise a file opened later could become one,
    /// and text would be written into a database. Reading from and writing to such a stream fails.
    static func occupyClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is this one. Each is opened for the direction that nobody uses.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
