internal import ArgumentParser
internal import Tenancy

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Report what is wrong and what to do about it; change nothing.",
        discussion: """
            Looks at the settings, the machine, the root key, the main database, and all
            users' databases, or one user's, which is then checked from end to end.

            Examples:
              unify doctor
              unify doctor 5
              unify doctor --codes
            """)

    @OptionGroup var options: SettingsOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The number or name of the one user to look at.")
    var userID: String?

    @Flag(help: "Print what the doctor can find, with the remedies, and look at nothing.")
    var codes = false

    private struct Report: Encodable {
        let ok: Bool
        let findings: [Finding]
    }

    func run() async throws {
        try await CommandRunner.reportingErrors {
            guard !codes else {
                return try output.print(FindingCode.all) {
                    OutputOptions.table(["CODE", "MEANING"], FindingCode.all.map { [$0.code, $0.meaning] })
                }
            }
            let findings = await Doctor(options: options, user: userID).examine()
            let faults = findings.filter { $0.severity == .fault }
            try output.print(Report(ok: faults.isEmpty, findings: findings)) {
                findings.flatMap(\.lines) + [Self.summary(faults.count)]
            }
            if !faults.isEmpty { throw ExitCode.failure }
        }
    }

    private static func summary(_ count: Int) -> String {
        switch count {
        case 0: "All is well."
        case 1: "1 problem found."
        default: "\(count) problems found."
        }
    }
}
