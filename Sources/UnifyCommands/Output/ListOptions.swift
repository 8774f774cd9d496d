internal import ArgumentParser

/// Which part of a list a command prints.
struct ListOptions: ParsableArguments {
    /// More rows would only fill memory; continue the list with `--after`.
    static let maxLimit = 100_000

    @Option(help: ArgumentHelp("Only what comes after this number.", valueName: "number"))
    var after: Int64 = 0

    @Option(help: "At most so many, up to 100000.")
    var limit = 1000

    func validate() throws {
        guard after >= 0 else { throw ValidationError("--after must be 0 or a number of the list.") }
        guard (1...Self.maxLimit).contains(limit) else {
            throw ValidationError("--limit must be from 1 to \(Self.maxLimit).")
        }
    }
}
