internal import ArgumentParser
internal import Tenancy

struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Long work: look at it, and change its course.",
        discussion: """
            A running server works on jobs. Without one they wait; 'unify job retry' then
            does the short ones itself.

            Examples:
              unify job list --state failed
              unify job show 12
              unify job pause 12
              unify job watch 12
            """,
        subcommands: [
            List.self, Show.self, Pause.self, Resume.self, Cancel.self, Retry.self, Watch.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List jobs, the newest first.",
            discussion: """
                --json prints {"items": [...], "next_cursor": N}; --before N goes on.

                Examples:
                  unify job list
                  unify job list --state running --kind provision --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var part: NewestFirstOptions

        @Option(help: "Only jobs in this state: queued, running, paused, done, failed or cancelled.")
        var state: String?

        @Option(help: "Only jobs of this kind, such as provision or purge.")
        var kind: String?

        func validate() throws {
            if let state, JobState(rawValue: state) == nil {
                throw ValidationError(
                    "--state must be one of: \(JobState.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            if let kind, JobKind(rawValue: kind) == nil {
                throw ValidationError("--kind must be lower-case letters, digits and hyphens.")
            }
        }

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let filter = JobControl.Filter(
                    state: state.flatMap(JobState.init), kind: kind.flatMap(JobKind.init))
                let reports = try await system.manager.jobs.list(filter, before: part.before, limit: part.limit)
                let rest = try await system.manager.jobs.count(filter, before: part.before)
                let names = try await JobOutput.names(in: reports, system)
                let page = ListPage(reports.map { JobOutput($0, names: names) }, of: rest) { $0.id }
                try page.print(output, JobOutput.header, option: "--before") { $0.values }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one job: its progress, its steps, and why it waits.",
            discussion: "Example:\n  unify job show 12 --json")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: JobTarget

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let report = try await system.manager.jobs.show(target.id)
                let shown = JobOutput(report, names: try await JobOutput.names(in: [report], system))
                try output.print(shown) { shown.lines }
            }
        }
    }
}
