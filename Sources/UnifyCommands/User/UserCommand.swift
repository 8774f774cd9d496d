internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Accounts.",
        discussion: """
            Examples:
              unify user create --username ada --email ada@example.org --admin
              unify user list --json
              unify user suspend 5
            """,
        subcommands: [
            Create.self, List.self, Show.self, Suspend.self, Resume.self, Delete.self, Restore.self, Purge.self,
            SetAdmin.self, ResetSecondFactor.self, Invite.self, Invites.self, Uninvite.self,
        ])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user, in multi-tenant mode with their database.",
            discussion:
                "Example:\n  unify user create --username ada --email ada@example.org --password-stdin < password")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var password: PasswordInput

        @Option(help: "Letters, digits, '.', '_' and '-'.")
        var username: String

        @Option(help: "The user's address.")
        var email: String

        @Flag(help: "Make the user an administrator.")
        var admin = false

        @Option(help: "The engine of the user's database.")
        var engine: EngineWord?

        @Option(help: "The name of the registered server that is to hold it.")
        var server: String?

        func validate() throws {
            if let fault = AccountRules.fault(inUsername: username) { throw ValidationError("--username \(fault)") }
            if let fault = AccountRules.fault(inEmail: email) { throw ValidationError("--email \(fault)") }
        }

        func run() async throws {
            try await CommandRunner.withSystem(options, ifMissing: .make) { system in
                let secret = try password.read(prompt: "Password of \(username)")
                if let fault = PasswordRules.fault(in: secret, username: username, email: email) {
                    throw TenancyError(.invalidConfiguration, "The password \(fault).")
                }
                let created = try await system.accounts.create(
                    Accounts.NewUser(username: username, email: email, password: secret, isAdmin: admin),
                    request: ProvisioningRequest(engine: engine?.kind, server: server))
                try output.print(UserOutput(created.user, created.config)) {
                    ["Made \(admin ? "administrator" : "user") \(created.user.id), \(username)."]
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the users.", discussion: "Example:\n  unify user list --after 100 --limit 50")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        @Option(help: "Only users with a greater number.")
        var after: Int64 = 0

        @Option(help: "At most so many.")
        var limit = 1000

        @Option(help: "Only names and addresses that contain this.")
        var matching: String?

        func validate() throws {
            guard limit >= 1 else { throw ValidationError("--limit must be at least 1.") }
        }

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let users = try await system.main.withDatabase(.read) {
                    try await UserRepository($0).list(after: after, limit: limit, matching: matching)
                }
                try output.print(users.map { UserOutput($0, nil) }) {
                    OutputOptions.table(
                        ["ID", "USERNAME", "EMAIL", "STATE", "CREATED"],
                        users.map { user in
                            let output = UserOutput(user, nil)
                            return ["\(user.id)", user.username, user.email, output.state, output.createdAt]
                        })
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one user.", discussion: "Example:\n  unify user show ada")

        @OptionGroup var target: UserTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.perform { system, user in
                let config = try await system.manager.loadUserDatabaseConfig(user.id)
                let shown = UserOutput(user, config)
                try output.print(shown) {
                    [
                        "id: \(user.id)", "username: \(user.username)", "email: \(user.email)", "state: \(shown.state)",
                        "administrator: \(user.isAdmin ? "yes" : "no")", "created: \(shown.createdAt)",
                        "database: \(config.map { "\($0.engine.rawValue), \($0.state.rawValue)" } ?? "none")",
                    ]
                }
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a user's sessions and refuse their database, also in a running server, within a second.",
            discussion: "Example:\n  unify user suspend 5")

        @OptionGroup var target: UserTarget

        func run() async throws {
            try await target.perform { system, user in
                try await system.accounts.suspend(user.id)
                print("Suspended user \(user.id).")
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo a suspension.", discussion: "Example:\n  unify user resume 5")

        @OptionGroup var target: UserTarget

        func run() async throws {
            try await target.perform { system, user in
                guard user.deletedAt == nil else {
                    throw TenancyError(
                        .invalidConfiguration, "User \(user.id) is deleted. Run: unify user restore \(user.id)")
                }
                try await system.accounts.resume(user.id)
                print("Resumed user \(user.id).")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an account into grace: nobody can use it, and 'restore' brings it back with all its data.",
            discussion: "Example:\n  unify user delete 5")

        @OptionGroup var target: UserTarget

        func run() async throws {
            try await target.perform { system, user in
                try await system.accounts.delete(user.id)
                print("Deleted user \(user.id). To undo it: unify user restore \(user.id)")
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring a deleted account back.", discussion: "Example:\n  unify user restore 5")

        @OptionGroup var target: UserTarget

        func run() async throws {
            try await target.perform { system, user in
                try await system.accounts.resume(user.id)
                print("Restored user \(user.id).")
            }
        }
    }

    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a deleted account for good, with its database. There is no way back.",
            discussion: """
                The server does so by itself when the grace of UNIFY_DELETION_GRACE days has ended. The account must be deleted.

                Examples:
                  unify user purge 5
                  unify user purge 5 --now
                """)

        @OptionGroup var target: UserTarget

        @Flag(help: "Also before the grace has ended.")
        var now = false

        func run() async throws {
            try await target.perform { system, user in
                let date = SystemTimeSource().wallNow
                let grace: Duration = now ? .seconds(-1) : system.settings.deletionGrace
                try await system.manager.purgeUser(user.id, deletedBefore: date.adding(.zero - grace))
                print("Removed user \(user.id).")
            }
        }
    }

    struct SetAdmin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user an administrator, or with --off no longer one.",
            discussion: "Examples:\n  unify user set-admin 5\n  unify user set-admin 5 --off")

        @OptionGroup var target: UserTarget

        @Flag(help: "Take the right away.")
        var off = false

        func run() async throws {
            try await target.perform { system, user in
                try await system.accounts.setAdmin(!off, user.id)
                print("User \(user.id) is \(off ? "no longer" : "now") an administrator.")
            }
        }
    }

    struct ResetSecondFactor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a user who has lost their phone and recovery codes sign in by their password alone.",
            discussion: "Example:\n  unify user reset-second-factor 5")

        @OptionGroup var target: UserTarget

        func run() async throws {
            try await target.perform { system, user in
                let wasOn = try await system.accounts.resetSecondFactor(of: user.id)
                print("User \(user.id) \(wasOn ? "signs in without a code now" : "had no second factor").")
            }
        }
    }
}
