internal import Foundation

/// The state of the signal handlers: created before they are installed, and never freed, because they may run at any
/// moment.
struct TerminalState: Sendable {
    static let shared = TerminalState()

    // The pointers never change; their memory is written only while no handler is installed, or by a handler itself.
    nonisolated(unsafe) let saved = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    nonisolated(unsafe) let raw = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    nonisolated(unsafe) private let text = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    nonisolated(unsafe) private let length = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    nonisolated(unsafe) private let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 64)
    nonisolated(unsafe) private let isHandled = UnsafeMutablePointer<Bool>.allocate(capacity: 64)

    /// The terminal, even while the standard streams are redirected.
    let outputDescriptor: Int32

    private init() {
        let terminal = isatty(STDERR_FILENO) != 0 ? -1 : open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY)
        outputDescriptor = terminal >= 0 ? terminal : STDERR_FILENO
        saved.initialize(to: termios())
        raw.initialize(to: termios())
        length.initialize(to: 0)
        before.initialize(repeating: sigaction(), count: 64)
        isHandled.initialize(repeating: false, count: 64)
    }

    func set(prompt: String) {
        let bytes = Array(prompt.utf8.prefix(256))
        text.update(from: bytes, count: bytes.count)
        length.pointee = bytes.count
    }

    func handle(_ signal: Int32, by handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        // The handler of SIGTSTP raises it once more, with the system's own action.
        action.sa_flags = signal == SIGTSTP ? Int32(SA_NODEFER) : 0
        var old = sigaction()
        guard sigaction(signal, nil, &old) == 0 else { return }
        // The parent process may have set the signal to be ignored, as nohup does.
        if let handler = old.__sigaction_handler.sa_handler, unsafeBitCast(handler, to: Int.self) == 1 { return }
        before[Int(signal)] = old
        isHandled[Int(signal)] = sigaction(signal, &action, nil) == 0
    }

    func restoreHandlers() {
        for signal in 0..<64 where isHandled[signal] {
            sigaction(Int32(signal), before + signal, nil)
            isHandled[signal] = false
        }
    }

    /// For handlers: restores the terminal, and stops the process as the system would have. Returns here when it is
    /// continued.
    func stop() {
        tcsetattr(STDIN_FILENO, TCSANOW, saved)
        var handler = sigaction()
        sigaction(SIGTSTP, before + Int(SIGTSTP), &handler)
        raise(SIGTSTP)
        sigaction(SIGTSTP, &handler, nil)
        tcsetattr(STDIN_FILENO, TCSANOW, raw)
        write(outputDescriptor, text, length.pointee)
    }
}
