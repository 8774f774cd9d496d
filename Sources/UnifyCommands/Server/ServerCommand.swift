internal import ArgumentParser
internal import Tenancy

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "The servers that hold users' databases.",
        discussion: """
            Examples:
              unify server add pg1 --engine postgresql --host db1.example.org \\
                  --login unify_provisioner
              unify server list --json
              unify server test pg1
              unify server set pg1 --host db2.example.org
              unify server remove pg1
            """,
        subcommands: [Add.self, List.self, Show.self, Test.self, Set.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a server, after looking whether it can be used.",
            discussion: """
                The login is the provisioning login: it makes users' databases and their logins,
                and serves no query of a user. Its password is asked for, or read by
                --password-stdin, and kept sealed. docs/engines.md has the statements that make
                such a login.

                Examples:
                  unify server add pg1 --engine postgresql --host db1.example.org \\
                      --login unify_provisioner
                  unify server add my1 --engine mysql --host db2 --port 3307 --login unify \\
                      --tls verify-full --password-stdin < password
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var password: PasswordInput
        @OptionGroup var use: ServerOptions

        @Argument(help: "What to call the server.")
        var name: String

        @Option(help: "What kind of server it is.")
        var engine: ServerEngineWord

        @Option(help: "The server's name or address; for SQL Server also HOST\\INSTANCE.")
        var host: String

        @Option(help: "The server's port; the engine's usual one if not given.")
        var port: Int?

        @Option(help: "The provisioning login.")
        var login: String

        func run() async throws {
            try await CommandRunner.reportingErrors {
                // Before anything is opened: an abort here leaves nothing behind.
                let secret = try password.read(prompt: "Password of \(login)")
                try await add(
                    ServerRequest(
                        name: name, engine: engine.kind, host: host, port: port,
                        login: Login(name: login, password: secret), tls: use.tls?.options,
                        maxConnections: use.maxConnections ?? DatabaseServer.defaultMaxConnections, region: use.region))
            }
        }

        private func add(_ request: ServerRequest) async throws {
            try await CommandRunner.withSystem(options) { system in
                let report = try await system.manager.addServer(request)
                try ServerReportOutput(report, of: request).print(output, "Added the server \(name): \(report.version)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the servers.",
            discussion: """
                --json prints {"items": [...], "next_cursor": N}; --after N goes on.

                Example:
                  unify server list --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var part: ListOptions

        func run() async throws {
            try await CommandRunner.withSystem(options, effect: .reads) { system in
                let shown = try await system.manager.serverOverview(after: part.after, limit: part.limit)
                    .map { ServerOutput($0.server, databases: $0.databases) }
                let page = ListPage(shown, of: try await system.manager.countServers(after: part.after)) { $0.id }
                try page.print(output, ["ID", "NAME", "ENGINE", "HOST", "PORT", "REGION", "STATE", "DATABASES"]) {
                    [
                        "\($0.id)", $0.name, $0.engine, $0.host, $0.port.map(String.init) ?? "-", $0.region ?? "-",
                        $0.state, "\($0.databases)",
                    ]
                }
            }
        }
    }
}
