internal import ArgumentParser

struct LibraryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "library", abstract: "The library on SQLite, beside SQLite's C interface.")

    @OptionGroup var rounds: RoundsOption
    @Option(help: "Only the cases whose name holds this.")
    var only: String?

    func run() async throws {
        try await BenchmarkSystem.inTemporaryFolder { folder in
            let cases = try await LibraryCases.prepare(in: folder, rounds: rounds.rounds)
            for item in cases.all where only.map(item.name.contains) ?? true { try await item.measure().print() }
            await cases.close()
        }
    }
}
