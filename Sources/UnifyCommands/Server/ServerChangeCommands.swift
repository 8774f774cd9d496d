internal import ArgumentParser
internal import Tenancy
internal import UnifyApp

extension ServerCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a server as it is registered.",
            discussion: """
                It says what is written down, and asks the server nothing: test does.

                Example:
                  unify server show pg1
                """)

        @OptionGroup var target: ServerTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.perform(effect: .reads) { system, server in
                let counts = try await system.manager.databaseCounts(on: server)
                let shown = ServerOutput(server, databases: counts.users, stock: counts.stock)
                try output.print(shown) { shown.lines }
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look whether a server can be used.",
            discussion: """
                Logs in as the provisioning login, looks at its rights, and makes, opens and
                removes a database, as adding the server did. Exits 1 where that fails.

                Example:
                  unify server test pg1
                """)

        @OptionGroup var target: ServerTarget
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await target.perform(effect: .reads) { system, server in
                let report = try await system.manager.testServer(server)
                try ServerReportOutput(report, of: server).print(
                    output, "The server \(target.name) can be used: \(report.version)")
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change how a server is reached.",
            discussion: """
                What is not named stays. A new address is taken only where the users' databases
                are found there, by their names and some of them by their stamps; their users'
                next requests go there. A server that runs need not be stopped. A new login
                must have the old one's rights on the databases that are there.

                --login asks for that login's password, --password for a new one of the same
                login; both read it by --password-stdin where that is given.

                Examples:
                  unify server set pg1 --host db2.example.org --port 5433
                  unify server set pg1 --password-stdin < password
                  unify server set pg1 --tls verify-full:/etc/ssl/db-ca.pem
                  unify server set pg1 --max-connections 50
                """)

        @OptionGroup var target: ServerTarget
        @OptionGroup var output: OutputOptions
        @OptionGroup var input: PasswordInput
        @OptionGroup var use: ServerOptions

        @Option(help: "Its new name or address; for SQL Server also HOST\\INSTANCE.")
        var host: String?

        @Option(help: "Its new port.")
        var port: Int?

        @Option(help: "Another provisioning login.")
        var login: String?

        @Flag(help: "Ask for a new password of the provisioning login.")
        var password = false

        private var wantsPassword: Bool { login != nil || password || input.passwordStdin }

        func validate() throws {
            guard wantsPassword || host != nil || port != nil || !use.isEmpty else {
                throw ValidationError(
                    "Say what is to change: --host, --port, --login, --password, --tls, --max-connections or --region.")
            }
        }

        func run() async throws {
            try await target.perform { system, server in
                var change = ServerChange()
                (change.host, change.port, change.tls) = (host, port, use.tls?.options)
                (change.maxConnections, change.region) = (use.maxConnections, use.region)
                if wantsPassword {
                    let secret = try input.read(prompt: "Password of \(login ?? server.login)")
                    if let login {
                        change.login = Login(name: login, password: secret)
                    } else {
                        change.password = secret
                    }
                }
                let report = try await system.manager.changeServer(target.name, change)
                let changed = try await system.manager.server(named: target.name)
                guard let report else {
                    return try ChangeOutput(changed: true, message: "Changed the server \(target.name).").print(output)
                }
                try ServerReportOutput(report, of: changed).print(
                    output, "Changed the server \(target.name): \(report.version)")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a server out of the list.",
            discussion: """
                It is refused while users' databases are there. Databases in stock are dropped;
                the server itself stays as it is, with all databases that are nobody's. It
                need not be reachable. On a terminal it asks for the server's name; elsewhere it
                wants --yes.

                Examples:
                  unify server remove pg1
                  unify server remove pg1 --yes
                """)

        @OptionGroup var target: ServerTarget
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation

        private struct Removed: Encodable {
            let removed: Bool
            let name: String
            /// Databases in stock that could not be dropped.
            let left: [String]
        }

        func run() async throws {
            try await target.perform { system, server in
                // Refused before any question.
                try await system.manager.requireUnused(server)
                try confirmation.require(.init(facts: try await facts(of: server, in: system), word: target.name))
                let left = try await system.manager.removeServer(target.name)
                try output.print(Removed(removed: true, name: target.name, left: left)) {
                    ["Removed the server \(target.name)."]
                        + (left.isEmpty
                            ? []
                            : ["It did not drop these databases; drop them there: \(left.joined(separator: ", "))"])
                }
            }
        }

        private func facts(of server: DatabaseServer, in system: UnifySystem) async throws -> [String] {
            let stock = try await system.manager.databaseCounts(on: server).stock
            var facts = ["The server \(target.name), \(server.address), will be taken out of the list."]
            if stock > 0 {
                facts.append("The databases in stock there, \(stock), are dropped; nobody's data is in them.")
            }
            let others = try await system.manager.serverOverview(after: 0, limit: 10_000).map(\.server)
                .filter { $0.engine == server.engine && $0.id != server.id && $0.state == .active }
            if others.isEmpty, system.settings.defaultEngine == server.engine {
                facts.append("It is the last one for new databases: nobody can register until you add another.")
            }
            return facts
        }
    }
}
