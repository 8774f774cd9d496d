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
            try await target.perform { system, user in
                guard let config = try await system.manager.loadUserDatabaseConfig(user.id) else {
                    throw TenancyError(
                        .userDatabaseNotFound, "User \(user.id) has no database. Run: unify setup init \(user.id)")
                }
                let shown = DatabaseOutput(await system.manager.statistics(of: config))
                try output.print(shown) { shown.lines }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the databases.", discussion: "Example:\n  unify database list --after 100 --limit 50")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        @Option(help: "Only users with a greater number.")
        var after: Int64 = 0

        @Option(help: "At most so many.")
        var limit = 1000

        func validate() throws {
            guard limit >= 1 else { throw ValidationError("--limit must be at least 1.") }
        }

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let shown = try await system.manager.statistics(after: after, limit: limit).map(DatabaseOutput.init)
                try output.print(shown) {
                    OutputOptions.table(
                        ["USER", "ENGINE", "STATE", "NAME", "BYTES"],
                        shown.map {
                            ["\($0.userId)", $0.engine, $0.state, $0.name, $0.sizeBytes.map(String.init) ?? "-"]
                        })
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
            try await CommandRunner.withSystem(options) { system in
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
                The server makes it valid at once and the old one dead; connections made with the old one are closed.
                A rotation that was stopped is completed by running this again, or by the next start of the server.

                Example:
                  unify database rotate-password 5
                """)

        @OptionGroup var target: UserTarget

        func run() async throws {
            try await target.perform { system, user in
                try await system.manager.rotatePassword(of: user.id)
                print("The login to the database of user \(user.id) has a new password.")
            }
        }
    }

    struct Repair: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make missing tables; with --start-empty, replace a lost database by an empty one.",
            discussion: """
                With --start-empty, what is under the old database's name is renamed, never deleted. It is refused for a
                database that can be opened.

                Examples:
                  unify database repair 5
                  unify database repair 5 --start-empty
                """)

        @OptionGroup var target: UserTarget

        @Flag(help: "Set a lost database aside and make an empty one.")
        var startEmpty = false

        func run() async throws {
            try await target.perform { system, user in
                if startEmpty {
                    _ = try await system.manager.startEmptyUserDatabase(user.id)
                    return print("User \(user.id) has an empty database now.")
                }
                let made = try await system.manager.repairTables(of: user.id).map(\.text)
                print(made.isEmpty ? "No table was missing." : "Made: \(made.joined(separator: ", ")).")
            }
        }
    }
}
