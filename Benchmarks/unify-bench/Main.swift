internal import ArgumentParser

/// The benchmarks that need no HTTP, beside what SQLite's and the servers' own interfaces take, alternating, in one run.
@main
struct UnifyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unify-bench",
        abstract: "Measure the library; each case is printed as a line of JSON.",
        subcommands: [LibraryCommand.self, ServersCommand.self, MakeUsersCommand.self])
}

struct RoundsOption: ParsableArguments {
    @Option(help: "How often each case and its peer are measured, in turns.")
    var rounds = 5

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds is a number from 1 to 1000.") }
    }
}
