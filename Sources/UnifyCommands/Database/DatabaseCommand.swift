internal import ArgumentParser
internal import Tenancy

struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database", abstract: "Users' databases.",
        discussion: """
            Examples:
              unify database info 5
              unify database list --json
              unify database stats
            """,
        subcommands: [Info.self, List.self, Stats.self, Repair.self, RotatePassword.self])

    struct Info: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show where a user's database is.", discussion: "Example:\n  unify database info 5")

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.perform(effect: .reads) { system, user in
                guard let config = try await system.manager.loadUserDatabaseConfig(user.id) else {
                    throw TenancyError(
                        .userDatabaseNotFound, "User \(user.id) has no database. Run: unify setup init \(user.id)")
                }
                var shown = DatabaseOutput(await system.manager.statistics(of: config))
                // A database that cannot be opened is the doctor's concern; what the config says is shown all the same.
                if let state = try? await system.manager.schemaState(of: config) { shown.migrations = state.byName }
                try output.print(shown) { shown.lines }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the databases.",
            discussion: """
                --json prints {"items": [...], "next_cursor": N}; --after N goes on.

                Examples:
                  unify database list --after 100 --limit 50
                  unify database list --server pg1
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var part: ListOptions

        @Option(help: ArgumentHelp("Only databases on this server.", valueName: "name"))
        var server: String?

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let manager = system.manager
                var place: DatabaseServer?
                if let server { place = try await manager.server(named: server) }
                let shown = try await manager.statistics(after: part.after, limit: part.limit, on: place)
                    .map(DatabaseOutput.init)
                let count = try await manager.countConfigs(after: part.after, on: place)
                let page = ListPage(shown, of: count) { $0.userId }
                try page.print(output, ["USER", "ENGINE", "STATE", "NAME", "BYTES"]) {
                    ["\($0.userId)", $0.engine, $0.state, $0.name, $0.sizeBytes.map(String.init) ?? "-"]
                }
            }
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count the databases and what they take.", discussion: "Example:\n  unify database stats --json")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        private struct Totals: Encodable {
            let totalDatabases: Int
            let totalSizeBytes: Int64
            let totalSizeMb: Double
            let usersWithoutDatabase: Int
        }

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let (databases, bytes) = try await system.manager.totalStatistics()
                let totals = Totals(
                    totalDatabases: databases, totalSizeBytes: bytes,
                    totalSizeMb: (Double(bytes) / 1_048_576 * 1000).rounded() / 1000,
                    usersWithoutDatabase: try await system.manager.countUsersWithoutDatabase())
                try output.print(totals) {
                    [
                        "databases: \(totals.totalDatabases)", "size: \(totals.totalSizeMb) MB",
                        "users without a database: \(totals.usersWithoutDatabase)",
                    ]
                }
            }
        }
    }

    struct RotatePassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give the login of a user's database a new password.",
            discussion: """
                The server makes it valid at once and the old one dead; connections made with
                the old one are closed. A rotation that was stopped is completed by running this
                again, or by the next start of the server.

                Example:
                  unify database rotate-password 5
                """)

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.perform { system, user in
                try await system.manager.rotatePassword(of: user.id)
                try ChangeOutput(
                    changed: true,
                    message: "The login to the database of user \(user.id), \(user.username), has a new password."
                ).print(output)
            }
        }
    }
}
