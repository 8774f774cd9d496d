internal import Foundation

/// The output of a command cannot be written: a full disk, a closed stream, a reader that went away.
struct OutputFailure: Error {
    let errno: Int32

    var message: String { "The output cannot be written: \(String(cString: strerror(errno)))." }

    /// Ends the process as SIGPIPE would if the reader of a pipe has closed it: quietly, as `head` expects. A library
    /// may have set the system to ignore the signal.
    func endIfReaderIsGone() {
        guard errno == EPIPE else { return }
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
    }
}
