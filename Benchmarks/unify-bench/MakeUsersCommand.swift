internal import ArgumentParser
internal import Foundation
internal import Tenancy
internal import UnifyApp

/// Fills a data directory with signed-in users, for benchmarks over HTTP: hashing as many passwords would take minutes.
struct MakeUsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-users",
        abstract:
            "Make users with databases, tasks and sessions in a data directory, and write their tokens to a file.",
        discussion: "Example: unify-bench make-users --data /tmp/fleet --count 1000 --tasks 20 --tokens /tmp/tokens")

    @Option(help: "The data directory; no server may run on it.")
    var data: String
    @Option(help: "How many users.")
    var count: Int
    @Option(help: "Tasks of each user.")
    var tasks = 20
    @Option(help: "The file for their tokens, one a line.")
    var tokens: String

    func run() async throws {
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let folder = URL(filePath: data).standardizedFileURL.path
        let file = RootKeyFile(path: "\(folder)/master.key")
        // A file that is there already stays as it is.
        try file.create()
        let keyRing = KeyRing(current: try file.read()[0])
        let system = try await BenchmarkSystem.open(in: folder, keyRing: keyRing)
        let made = (0..<count).map { _ in SessionToken.random() }
        try await make(made, in: system)
        await system.close()
        try Data(made.map { $0.text + "\n" }.joined().utf8).write(to: URL(filePath: tokens))
    }

    private func make(_ tokens: [SessionToken], in system: BenchmarkSystem) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, token) in tokens.enumerated() {
                if number >= 64 { try await group.next() }
                if number % 10_000 == 0 { Progress.tell("making users: \(number) of \(tokens.count)") }
                group.addTask {
                    let user = try await system.makeUser("user-\(number)", token: token)
                    if tasks > 0 { try await system.addTasks(tasks, to: user) }
                }
            }
            try await group.waitForAll()
        }
    }
}
