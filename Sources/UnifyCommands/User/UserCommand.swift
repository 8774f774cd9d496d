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
            SetAdmin.self, SetPassword.self, Update.self, SignOut.self, ResetSecondFactor.self,
            Invite.self, Invites.self, Uninvite.self,
        ])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user, in multi-tenant mode with their database.",
            discussion: """
                The password is asked for twice, or read by --password-stdin.

                Example:
                  unify user create --username ada --email ada@example.org
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var password: PasswordInput
        @OptionGroup var newInstallation: NewInstallation

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
            try await CommandRunner.reportingErrors {
                try newInstallation.requireConsent(options)
                // Before anything is opened or created: an abort here leaves nothing behind.
                let secret = try password.readNew(prompt: "Password of \(username)", hint: PasswordRules.hint) {
                    PasswordRules.fault(in: $0, username: username, email: email)
                }
                try await create(secret)
            }
        }

        private func create(_ secret: Secret<String>) async throws {
            try await CommandRunner.withSystem(options, .requireOrMake) { system in
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
            abstract: "List the users.",
            discussion: """
                --json prints {"items": [...], "next_cursor": N}; --after N goes on.

                Example:
                  unify user list --after 100 --limit 50
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var part: ListOptions

        @Option(help: "Only names and addresses that contain this.")
        var matching: String?

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let (users, rest) = try await system.main.withDatabase(.read) { database in
                    let users = UserRepository(database)
                    return (
                        try await users.list(after: part.after, limit: part.limit, matching: matching),
                        try await users.count(after: part.after, matching: matching)
                    )
                }
                let page = ListPage(users.map { UserOutput($0) }, of: rest) { $0.id }
                try page.print(output, ["ID", "USERNAME", "EMAIL", "STATE", "CREATED"]) {
                    ["\($0.id)", $0.username, $0.email, $0.state, $0.createdAt]
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
            try await target.perform(effect: .reads) { system, user in
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
}
