internal import Tenancy

/// A command that changes a job's course.
struct JobChange {
    private let action: JobAction
    private let target: JobTarget
    private let options: SettingsOptions
    private let output: OutputOptions

    init(_ action: JobAction, _ target: JobTarget, _ options: SettingsOptions, _ output: OutputOptions) {
        (self.action, self.target, self.options, self.output) = (action, target, options, output)
    }

    func run() async throws {
        try await CommandRunner.withSystem(options) { system in
            let report = try await system.manager.jobs.apply(action, to: target.id)
            try Self.print(report, output, try await JobOutput.names(in: [report], system))
        }
    }

    static func print(_ report: JobReport, _ output: OutputOptions, _ names: [UserID: String]) throws {
        let shown = JobOutput(report, names: names)
        try output.print(shown) {
            ["Job \(shown.id), \(shown.kind), is \(shown.state): \(shown.progressText)."]
                + [shown.waiting, shown.error].compactMap { $0 }
        }
    }
}
