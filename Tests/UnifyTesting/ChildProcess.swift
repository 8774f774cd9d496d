public import Foundation
internal import Synchronization
internal import Tenancy

/// A program run as a child process, which holds no open file of the tests but those given to it.
///
/// Not Foundation's `Process`, which takes a child for running until everybody who inherited a socket of its has closed it:
/// children started by other threads in the same moment among them.
public final class ChildProcess: Sendable {
    /// What is given to a child for one of its standard streams.
    public enum Stream: Sendable {
        case inherited
        case nothing
        /// A file that is there.
        case file(String)
    }

    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    public let identifier: pid_t
    private let state = Lock(State())

    /// Starts a program.
    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - environment: nil for the tests' own.
    ///   - folder: where it works; nil where the tests do.
    ///   - input: what it reads; less than a pipe takes at once (64 KiB).
    /// - Throws: ``TestFailure`` where it cannot be started.
    public init(
        _ command: [String], environment: [String: String]? = nil, folder: String? = nil, input: String = "",
        output: Stream = .inherited, errors: Stream = .inherited
    ) throws {
        identifier = try Self.spawn(command, environment, folder, input, output, errors)
        // A thread of its own: the few of Swift's pool are for the tests that run meanwhile.
        Thread { [self] in
            let status = Self.wait(for: identifier)
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                state.status = status
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: status) }
        }.start()
    }

    /// Runs a program to its end, on the thread that asks.
    /// - Returns: its exit status; 128 and the signal's number where it was killed.
    @discardableResult public static func run(
        _ command: [String], environment: [String: String]? = nil, output: Stream = .inherited,
        errors: Stream = .inherited
    ) throws -> Int32 {
        wait(for: try spawn(command, environment, nil, "", output, errors))
    }

    /// The exit status; 128 and the signal's number where it was killed; nil while it runs.
    public var status: Int32? { state.withLock { $0.status } }

    @discardableResult public func waitUntilExit() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    public func send(_ signal: Int32) {
        if status == nil { kill(identifier, signal) }
    }

    private static func wait(for identifier: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String]?, _ folder: String?, _ input: String, _ output: Stream,
        _ errors: Stream
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try pipe.fileHandleForWriting.close()
        posix_spawn_file_actions_adddup2(&actions, pipe.fileHandleForReading.fileDescriptor, 0)
        for (stream, descriptor) in [(output, Int32(1)), (errors, 2)] {
            switch stream {
            case .inherited: break
            case .nothing: posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
            case .file(let path): posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_APPEND, 0)
            }
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            if let descriptor = Int32(name), descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let variables = (environment ?? ProcessInfo.processInfo.environment).map { "\($0.key)=\($0.value)" }
        let command = folder.map { ["/usr/bin/env", "-C", $0] + command } ?? command
        var words = command.map { strdup($0) } + [nil]
        var settings = variables.map { strdup($0) } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, command[0], &actions, &attributes, &words, &settings)
        guard code == 0 else {
            throw TestFailure("\(command[0]) cannot be started: \(String(cString: strerror(code)))")
        }
        return identifier
    }
}
