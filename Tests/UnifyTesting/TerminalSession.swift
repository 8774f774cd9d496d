internal import Foundation
internal import Synchronization
internal import Tenancy

/// A shell on a pseudo-terminal, as somebody who sits at one uses it. In it `unify` is the program beside the tests.
public final class TerminalSession: Sendable {
    private let master: Int32
    private let process: ChildProcess
    /// Stays as long as the shell works in it.
    private let folder: TemporaryFolder
    private let text = Lock("")

    /// - Parameter folder: where the shell works, with the data directory in it.
    public init(folder: TemporaryFolder, environment: [String: String] = ["MULTI_TENANT_MODE": "true"]) throws {
        self.folder = folder
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (number, lock) = (UInt32(0), Int32(0))
        // TIOCSPTLCK and TIOCGPTN: the functions over them are not among those that Swift sees.
        guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw TestFailure("there is no pseudo-terminal: \(String(cString: strerror(errno)))")
        }
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        var all = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("UNIFY_") }
        all.merge(["UNIFY_DATA_DIR": "\(folder.path)/data", "TERM": "dumb", "PS1": "ready> "]) { $1 }
        all.merge(environment) { $1 }
        // A session of its own, whose terminal the new one becomes.
        let start = "exec setsid --ctty /bin/bash --norc --noprofile -i <\"$0\" >\"$0\" 2>&1"
        process = try ChildProcess(
            ["/bin/sh", "-c", start, "/dev/pts/\(number)"], environment: all, folder: folder.path)
    }

    deinit {
        process.send(SIGKILL)
        close(master)
    }

    /// Makes `unify` the program; to be called first.
    public func begin() async throws {
        try type("unify() { '\(UnifyProcess.programPath)' \"$@\"; }; stty cols 500; echo be''gun\n")
        try await expect("begun")
    }

    /// Types what is given, as bytes.
    public func type(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            if written > 0 { rest = rest.dropFirst(written) } else if errno != EAGAIN { throw TestFailure("closed") }
        }
    }

    public func type(_ text: String) throws { try type(Array(text.utf8)) }

    /// Waits until a text stands on the terminal, after what was waited for before.
    /// - Returns: everything up to it.
    @discardableResult public func expect(_ wanted: String, within limit: Duration = .seconds(30)) async throws
        -> String
    {
        let deadline = ContinuousClock.now + limit
        while true {
            readAll()
            let found = text.withLock { text -> String? in
                guard let range = text.range(of: wanted) else { return nil }
                defer { text = String(text[range.upperBound...]) }
                return String(text[..<range.upperBound])
            }
            if let found { return found }
            guard ContinuousClock.now < deadline else {
                throw TestFailure("\(wanted) did not come, but: \(text.withLock { $0 })")
            }
            // The terminal has no other way to tell that there is more without a thread that waits.
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Sends a signal to the command that runs, as somebody elsewhere on the machine does.
    public func signal(_ signal: Int32) throws {
        guard case let group = tcgetpgrp(master), group > 0, kill(group, signal) == 0 else {
            throw TestFailure("no command runs on the terminal")
        }
    }

    private func readAll() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &bytes, bytes.count)
            guard count > 0 else { return }
            let new = String(decoding: bytes[..<count], as: UTF8.self)
            text.withLock { $0 += new }
        }
    }

    /// Runs a command line in the shell to its end.
    /// - Returns: what stands on the terminal, and the status.
    public func run(_ command: String) async throws -> (output: String, status: Int) {
        try type("\(command)\n")
        return try await end()
    }

    /// Waits until the command that runs has ended.
    public func end() async throws -> (output: String, status: Int) {
        // What is typed before the shell reads again may still be read by whoever is about to end.
        // It may be the prompt from before; then what the command says comes with the next one.
        let first = try await expect("ready> ")
        try type("echo \"sta\"\"tus=$?;\"\n")
        let rest = try await expect("status=")
        let status = try await expect(";").dropLast()
        return (first + rest, Int(status) ?? -1)
    }

    /// Whether the terminal is as a shell leaves it to commands: lines are edited, what is typed is seen, and keys send signals.
    public func isWhole() async throws -> Bool {
        let modes = Set(try await run("stty -a").output.split { $0.isWhitespace || $0 == ";" }.map(String.init))
        return modes.isSuperset(of: ["icanon", "echo", "isig", "icrnl"])
    }
}
