internal import ArgumentParser
internal import Foundation
internal import Tenancy
internal import UnifyApp

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The root key, under which the passwords of databases are sealed.",
        discussion: "Examples:\n  unify key status\n  unify key rotate",
        subcommands: [Rotate.self, Status.self])

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which keys there are, and how many secrets are sealed under each.",
            discussion: "Exits with 1 where a key is missing, a secret does not open or a rotation is not complete.\n\n"
                + "Example:\n  unify key status --json")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        private struct Shown: Encodable {
            let keyId: String
            let isCurrent: Bool
            let isAvailable: Bool
            let secrets: Int
            let unopened: Int
        }

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let status = try await KeyRotation(main: system.main, ring: system.keyRing).status()
                let shown = status.keys.map {
                    Shown(
                        keyId: $0.keyID, isCurrent: $0.isCurrent, isAvailable: $0.isAvailable, secrets: $0.secrets,
                        unopened: $0.unopened)
                }
                let isComplete = !shown.contains { $0.secrets > $0.unopened && !($0.isCurrent && $0.isAvailable) }
                try output.print(shown) {
                    OutputOptions.table(
                        ["KEY", "CURRENT", "HERE", "SECRETS", "NOT OPENING"],
                        shown.map {
                            [
                                $0.keyId, $0.isCurrent ? "yes" : "no", $0.isAvailable ? "yes" : "no", "\($0.secrets)",
                                "\($0.unopened)",
                            ]
                        }) + (isComplete ? [] : ["The rotation is not complete. Run: unify key rotate"])
                }
                KeyCommand.report(status.unopened)
                if !isComplete || !status.unopened.isEmpty { throw ExitCode.failure }
            }
        }
    }

    /// The most secrets listed by name; further ones are counted.
    static let maxNamed = 20

    static func report(_ unopened: [UnopenedSecret]) {
        guard !unopened.isEmpty else { return }
        CommandRunner.fail("\(unopened.count) secrets do not open, and were left as they are. What to do: unify doctor")
        for secret in unopened.prefix(maxNamed) { CommandRunner.fail("\(secret)") }
    }
}
