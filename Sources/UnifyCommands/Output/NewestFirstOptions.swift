internal import ArgumentParser

/// Which part of a list with the newest rows first a command prints.
struct NewestFirstOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only what is older than the row of this number.", valueName: "number"))
    var before: Int64?

    @Option(help: "At most so many, up to 100000.")
    var limit = 1000

    func validate() throws {
        guard before ?? 1 >= 1 else { throw ValidationError("--before must be a number of the list.") }
        guard (1...ListOptions.maxLimit).contains(limit) else {
            throw ValidationError("--limit must be from 1 to \(ListOptions.maxLimit).")
        }
    }
}
