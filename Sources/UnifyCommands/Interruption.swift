internal import Foundation

/// Handles Ctrl-C and SIGTERM during long work: the first lets the current step finish, the second ends the process
/// at once, which loses nothing that was reported as done.
final class Interruption {
    // Made before the handler is set and never freed; an aligned Int32 is written and read whole.
    private nonisolated(unsafe) static let signal: UnsafeMutablePointer<Int32> = {
        let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        pointer.initialize(to: 0)
        return pointer
    }()

    private static let signals: [Int32] = [SIGINT, SIGTERM, SIGHUP]
    private var before: [Int32: sigaction] = [:]

    /// Starts recording signals.
    init() {
        Self.signal.pointee = 0
        for signal in Self.signals {
            var old = sigaction()
            guard sigaction(signal, nil, &old) == 0 else { continue }
            // The parent process may have set the signal to be ignored, as nohup does.
            if let handler = old.__sigaction_handler.sa_handler, unsafeBitCast(handler, to: Int.self) == 1 { continue }
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { Interruption.signal.pointee = $0 }
            // Once: the second signal has the system's own effect.
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | Int32(SA_RESTART)
            guard sigaction(signal, &action, nil) == 0 else { continue }
            before[signal] = old
        }
    }

    /// Signals have their own effect again.
    func end() {
        for (signal, action) in before {
            var action = action
            sigaction(signal, &action, nil)
        }
        before = [:]
    }

    var isRequested: Bool { Self.signal.pointee != 0 }

    /// The conventional status of a process that a signal has ended.
    var status: Int32 { 128 + Self.signal.pointee }
}
