internal import ArgumentParser

/// The job that a command is about.
struct JobTarget: ParsableArguments {
    @Argument(help: ArgumentHelp("The job's number; 'unify job list' shows it.", valueName: "job"))
    var id: Int64

    func validate() throws {
        guard id >= 1 else { throw ValidationError("The job's number must be at least 1.") }
    }
}
