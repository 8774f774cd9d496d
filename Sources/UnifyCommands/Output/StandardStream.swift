internal import Foundation

/// One of the standard streams, written to without a buffer, so that what cannot be written is known at once.
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
                // Whoever gave the stream made it one that does not wait.
                var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waited, 1, -1)
            } else if errno != EINTR {
                throw OutputFailure(errno: errno)
            }
        }
    }

    /// For what is only a hint to whoever looks: progress, prompts and the reason of a failure, which the status tells too.
    func writeIgnoringErrors(_ text: String) {
        do { try write(text) } catch { return }
    }

    /// Makes sure that no file that is opened later becomes a standard stream whose own was closed by whoever started the
    /// command: lines of text would be written into a database. Reading from such a stream, and writing to it, fails.
    static func occupyClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is this one. Each is opened for the direction that nobody uses it in.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
