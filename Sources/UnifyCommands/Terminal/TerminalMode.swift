internal import Foundation

/// The terminal's mode while a line is read byte by byte. If anything ends or stops the process meanwhile (Ctrl-C,
/// Ctrl-Z, another signal), the terminal is restored.
///
/// The signals' keys stay enabled: the system signals the whole process group, so that a surrounding script ends as
/// well. There is one at a time, because commands ask one question after the other.
struct TerminalMode {
    private static let ending: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private let prompt: String

    init(prompt: String) { self.prompt = prompt }

    func enter() {
        let state = TerminalState.shared
        guard tcgetattr(STDIN_FILENO, state.saved) == 0 else { return Self.show(prompt) }
        state.raw.pointee = state.saved.pointee
        state.raw.pointee.c_lflag &= ~tcflag_t(ICANON | ECHO | ECHONL | IEXTEN)
        state.raw.pointee.c_iflag &= ~tcflag_t(ICRNL | INLCR | IGNCR)
        state.set(prompt: prompt)
        for signal in Self.ending { state.handle(signal, by: endedBySignal) }
        state.handle(SIGTSTP, by: stoppedBySignal)
        tcsetattr(STDIN_FILENO, TCSADRAIN, state.raw)
        Self.show(prompt)
    }

    func leave() {
        let state = TerminalState.shared
        tcsetattr(STDIN_FILENO, TCSADRAIN, state.saved)
        state.restoreHandlers()
    }

    /// Writes to the terminal itself, wherever the output goes; without one, to the standard error stream.
    static func show(_ text: String) {
        StandardStream(descriptor: TerminalState.shared.outputDescriptor).writeIgnoringErrors(text)
    }
}

/// Only makes calls that are allowed in signal handlers.
private let endedBySignal: @convention(c) (Int32) -> Void = { signal in
    tcsetattr(STDIN_FILENO, TCSANOW, TerminalState.shared.saved)
    var newline: UInt8 = 0x0A
    write(TerminalState.shared.outputDescriptor, &newline, 1)
    _exit(128 + signal)
}

private let stoppedBySignal: @convention(c) (Int32) -> Void = { _ in TerminalState.shared.stop() }
