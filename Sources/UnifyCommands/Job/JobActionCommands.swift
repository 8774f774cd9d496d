internal import ArgumentParser
internal import Tenancy

extension JobCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a job until it is resumed.",
            discussion: """
                A server that works on it stops within a second, between two steps. What is
                done stays done.

                Example:
                  unify job pause 12
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: JobTarget

        func run() async throws { try await JobChange(.pause, target, options, output).run() }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a paused job go on.", discussion: "Example:\n  unify job resume 12")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: JobTarget

        func run() async throws { try await JobChange(.resume, target, options, output).run() }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a job up, and undo what it left half done.",
            discussion: """
                Some jobs are carried through once they have begun, such as the removal of a
                user; this is refused for them.

                Example:
                  unify job cancel 12
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: JobTarget

        func run() async throws { try await JobChange(.cancel, target, options, output).run() }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a job again that failed, was cancelled, or waits for its next attempt.",
            discussion: """
                Jobs that take seconds are done at once, even without a server; the others are
                taken up by a running server. Exits 1 if the job fails again.

                Example:
                  unify job retry 12
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: JobTarget

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let before = try await system.manager.jobs.show(target.id)
                let outcome = try await system.manager.retryJob(target.id)
                let report = try await system.manager.jobs.show(target.id)
                try JobChange.print(report, output, try await JobOutput.names(in: [report], system))
                switch outcome {
                case .done, .begun: return
                case .ended where !before.actions.contains(.retry):
                    CommandRunner.fail("Job \(target.id) cannot be retried: it is \(report.job.state.rawValue).")
                case .failed, .ended: break
                }
                throw ExitCode.failure
            }
        }
    }
}
