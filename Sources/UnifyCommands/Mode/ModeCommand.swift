internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

struct ModeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mode", abstract: "Whether each user has a database, or all share one.",
        discussion: """
            Examples:
              unify mode show
              unify mode set multi-tenant
            """,
        subcommands: [Show.self, Change.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the mode of the installation.", discussion: "Example:\n  unify mode show --json")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        private struct Shown: Encodable {
            let mode: String
            let multiTenant: Bool
            let userDatabases: Int
            let sharedRows: Int
        }

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads, mode: .ignore) { system in
                let mode = system.mode
                let holdings = try await Installation(system.main).holdings()
                let shown = Shown(
                    mode: mode.rawValue, multiTenant: mode == .multiTenant, userDatabases: holdings.databases,
                    sharedRows: holdings.sharedCount)
                try output.print(shown) {
                    [
                        "mode: \(mode.rawValue) (\(mode.meaning))", "databases of users: \(shown.userDatabases)",
                        "rows in the shared tables: \(shown.sharedRows)",
                    ]
                }
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Change the mode of the installation.",
            discussion: """
                Nothing is moved or removed. Rows in the shared tables are not seen in
                multi-tenant mode, nor databases of users in single mode; they stay where they
                are until the mode is changed back. Where there are any, the command asks for
                the word; elsewhere than on a terminal it wants --yes. Servers that run end, and
                must be started again.

                Examples:
                  unify mode set multi-tenant
                  unify mode set single --yes
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation

        @Argument(help: "multi-tenant or single.")
        var mode: ModeWord

        private struct Changed: Encodable {
            let mode: String
            let changed: Bool
        }

        func run() async throws {
            try await CommandRunner.withSystem(options, mode: .ignore) { system in
                let installation = Installation(system.main)
                let (new, old) = (mode.mode, try await installation.mode())
                if old != new, let hidden = try await installation.holdings().hidden(in: new) {
                    try confirmation.require(.init(facts: Self.facts(old, new, hidden), word: new.rawValue))
                }
                let isChanged = try await installation.change(to: new)
                try output.print(Changed(mode: new.rawValue, changed: isChanged)) {
                    guard isChanged else { return ["The installation is in \(new.rawValue) mode already."] }
                    return [
                        "The installation is in \(new.rawValue) mode now: \(new.meaning). Start its servers again, with "
                            + "MULTI_TENANT_MODE=\(new.setting) or without that setting."
                    ]
                }
            }
        }

        private static func facts(
            _ old: InstallationMode?, _ new: InstallationMode, _ hidden: String
        ) -> [String] {
            let back = (old ?? (new == .single ? .multiTenant : .single)).command
            return [
                old.map { "This installation is in \($0.rawValue) mode: \($0.meaning)." }
                    ?? "This installation does not record its mode.",
                "In \(new.rawValue) mode nobody sees \(hidden).",
                "They stay where they are. To see them again: \(back)",
            ]
        }
    }
}
