internal import ArgumentParser
internal import Foundation
internal import Tenancy
internal import UnifyApp

extension JobCommand {
    struct Watch: AsyncParsableCommand {
        private static let interval: Duration = .milliseconds(500)

        static let configuration = CommandConfiguration(
            abstract: "Follow a job's progress until it ends or is paused.",
            discussion: """
                --json prints one object a line: {"event": "progress", ...}, and at last
                {"event": "end", ...}. Exits 0 if the job is done, 2 if some of its databases
                failed, 1 otherwise. Ctrl-C ends the watching, not the job.

                Example:
                  unify job watch 12
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: JobTarget

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                var report = try await system.manager.jobs.show(target.id)
                var progress = Progress(
                    total: report.progress.total ?? 0, form: output.json ? .json : .text, job: target.id)
                var reason: String?
                while report.job.state.isOpen, report.job.state != .paused {
                    progress.total = report.progress.total ?? 0
                    try progress.set(done: report.progress.done, failed: report.progress.failed)
                    let names = try await JobOutput.names(in: [report], system)
                    let waiting = report.waiting?.text { names[$0] }
                    if let waiting, waiting != reason, !output.json { progress.note(waiting) }
                    reason = waiting
                    try await Task.sleep(for: Self.interval)
                    report = try await system.manager.jobs.show(target.id)
                }
                try end(report, &progress, try await JobOutput.names(in: [report], system))
            }
        }

        private func end(_ report: JobReport, _ progress: inout Progress, _ names: [UserID: String]) throws {
            try progress.set(done: report.progress.done, failed: report.progress.failed)
            progress.finish()
            try progress.end(report.job.state.rawValue, skipped: report.progress.skipped)
            if !output.json { try JobChange.print(report, output, names) }
            guard report.job.state == .done else { throw ExitCode.failure }
            guard report.progress.failed == 0 else { throw CommandRunner.partlyFailed }
        }
    }
}
