internal import Foundation

/// The real `unify` program, run as a process of its own.
public final class UnifyProcess: Sendable {
    private let process: ChildProcess
    private let output: URL
    private let errors: URL

    public struct Result: Sendable {
        public let status: Int32
        public let output: String
        public let errors: String
    }

    public static var programPath: String { program.path }

    /// The program beside the tests.
    static var program: URL {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let candidates = [
            tests, tests.deletingLastPathComponent(),
            URL(fileURLWithPath: FileManager.default.currentDirectoryPath).appendingPathComponent(".build/debug"),
        ]
        return candidates.map { $0.appendingPathComponent("unify") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
            ?? candidates[2].appendingPathComponent("unify")
    }

    /// - Parameters:
    ///   - wrapper: a program and its arguments, which runs the program given as its last ones in its own place.
    ///   - program: a copy of the program; nil for the one beside the tests.
    private init(
        _ arguments: [String], environment: [String: String], folder: String, input: String?, wrapper: [String] = [],
        program: String? = nil
    ) throws {
        // Files, not pipes: nobody has to read them while the process runs.
        let name = UUID().uuidString
        output = URL(fileURLWithPath: "\(folder)/stdout-\(name)")
        errors = URL(fileURLWithPath: "\(folder)/stderr-\(name)")
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        var all = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("UNIFY_") }
        all["UNIFY_DATA_DIR"] = "\(folder)/data"
        process = try ChildProcess(
            wrapper + [program ?? Self.program.path] + arguments, environment: all.merging(environment) { $1 },
            folder: folder, input: input ?? "", output: .file(output.path), errors: .file(errors.path))
    }

    private var errorText: String { Self.text(of: errors) }

    private static func text(of file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

    /// How long a command may run: one that should end and serves instead would hold up all tests.
    private static let commandLimit: Duration = .seconds(90)

    /// The exit status of a command; 137 where it was killed because it did not end in time.
    private func endOfCommand() async -> Int32 {
        let watch = Task { [process] in
            try await Task.sleep(for: Self.commandLimit)
            process.send(SIGKILL)
        }
        defer { watch.cancel() }
        return await process.waitUntilExit()
    }

    /// Runs a command to its end.
    public static func run(
        _ arguments: String..., folder: String, input: String? = nil
    ) async throws -> Result {
        try await run(arguments, folder: folder, environment: ["MULTI_TENANT_MODE": "true"], input: input)
    }

    public static func run(
        _ arguments: [String], folder: String, environment: [String: String], input: String?, wrapper: [String] = [],
        program: String? = nil
    ) async throws -> Result {
        let child = try UnifyProcess(
            arguments, environment: environment, folder: folder, input: input, wrapper: wrapper, program: program)
        let status = await child.endOfCommand()
        return Result(status: status, output: Self.text(of: child.output), errors: child.errorText)
    }

    /// Runs a script of bash to its end, in which `unify` is the program: for what only a shell can do to its streams.
    public static func script(
        _ script: String, folder: String, environment: [String: String] = ["MULTI_TENANT_MODE": "true"],
        input: String? = nil, wrapper: [String] = [], program: String? = nil
    ) async throws -> Result {
        let child = try UnifyProcess(
            [], environment: environment, folder: folder, input: input,
            wrapper: wrapper + ["/bin/bash", "-c", "unify() { \"$program\" \"$@\"; }; program=$0; \(script)"],
            program: program)
        let status = await child.endOfCommand()
        return Result(status: status, output: Self.text(of: child.output), errors: child.errorText)
    }

    /// Starts a server on a free port and returns when it takes connections.
    public static func serve(
        folder: String, environment: [String: String] = [:], wrapper: [String] = [], program: String? = nil
    ) async throws -> (process: UnifyProcess, client: TestClient) {
        let settings = ["MULTI_TENANT_MODE": "true", "UNIFY_PORT": "0"].merging(environment) { $1 }
        let child = try UnifyProcess(
            ["serve"], environment: settings, folder: folder, input: nil, wrapper: wrapper, program: program)
        for _ in 0..<600 {
            if let match = child.errorText.firstMatch(of: #/url=http://127\.0\.0\.1:(\d+)/#), let port = Int(match.1) {
                return (child, TestClient(port: port))
            }
            guard child.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("the server did not start: \(child.errorText)")
    }

    public var log: String { errorText }

    /// Returns when a server has looked after the jobs that it found at its start; it serves before that.
    public func finishesWhatWasLeft() async throws {
        for _ in 0..<600 where isRunning {
            if log.contains("what was left behind") { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("the server does not end what was left behind: \(log)")
    }

    public var isRunning: Bool { process.status == nil }

    /// A path as the process sees it, which may have disks of its own.
    public func ownView(of path: String) -> String { "/proc/\(process.identifier)/root\(path)" }

    /// Ends the process as a power failure would, as far as the process is concerned.
    public func killHard() {
        process.send(SIGKILL)
    }

    /// What the kernel says that the running process may use.
    public func limits() throws -> String {
        try String(contentsOfFile: "/proc/\(process.identifier)/limits", encoding: .utf8)
    }

    /// Changes how many files the running process may have open.
    public func setDescriptorLimit(_ limit: Int) throws {
        let status = try ChildProcess.run([
            "/usr/bin/prlimit", "--pid", "\(process.identifier)", "--nofile=\(limit):",
        ])
        guard status == 0 else { throw TestFailure("prlimit failed") }
    }

    /// Asks the process to end.
    public func askToEnd() { process.send(SIGTERM) }

    /// Waits until the process has ended by itself.
    /// - Returns: its exit status.
    public func exitStatus() async -> Int32 { await process.waitUntilExit() }

    /// Asks the process to end, and waits.
    public func terminate() async -> Int32 {
        process.send(SIGTERM)
        return await process.waitUntilExit()
    }

    /// Waits until the process has ended by itself.
    public func waitUntilExit() async {
        await process.waitUntilExit()
    }
}
