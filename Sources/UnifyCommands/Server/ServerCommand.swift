internal import ArgumentParser
internal import Tenancy

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "The servers that hold users' databases.",
        discussion: """
            Examples:
              unify server add pg1 --engine postgresql --host db1.example.org --login unify_provisioner
              unify server list --json
            """,
        subcommands: [Add.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Register a server, after looking whether it can be used.",
            discussion: """
                The login is the provisioning login: it makes users' databases and their logins, and serves no query of a
                user. Its password is asked for, or read by --password-stdin, and kept sealed. docs/engines.md has the
                statements that make such a login.

                Examples:
                  unify server add pg1 --engine postgresql --host db1.example.org --login unify_provisioner
                  unify server add my1 --engine mysql --host db2 --port 3307 --login unify --tls verify-full \
                --password-stdin < password
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var password: PasswordInput

        @Argument(help: "What to call the server.")
        var name: String

        @Option(help: "postgresql, mysql or sqlserver.")
        var engine: EngineWord

        @Option(help: "The server's name or address; for SQL Server also HOST\\INSTANCE.")
        var host: String

        @Option(help: "The server's port; the engine's usual one if not given.")
        var port: Int?

        @Option(help: "The provisioning login.")
        var login: String

        @Option(
            help: """
                disable, prefer, require, verify-ca or verify-full; with :FILE, the certificates to trust. Not given: \
                verify-full, and prefer for this machine.
                """)
        var tls: TLSWord?

        @Option(help: "Connections that a process of Unify opens to it at most.")
        var maxConnections = DatabaseServer.defaultMaxConnections

        @Option(help: "Where the server is.")
        var region: String?

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let secret = try password.read(prompt: "Password of \(login)")
                let request = try ServerRequest(
                    name: name, engine: engine.kind, host: host, port: port,
                    login: Login(name: login, password: secret), tls: tls?.options, maxConnections: maxConnections,
                    region: region)
                let report = try await system.manager.addServer(request)
                print("Added the server \(name): \(report.version)")
                if report.isEncrypted == false { print("The connection to it is not encrypted; see --tls.") }
                if request.tls.isUnverified(for: host) {
                    print("Nothing makes sure that \(host) is the server; --tls verify-full does.")
                }
                guard !report.advice.isEmpty else { return }
                print("For better isolation, as an administrator of the server:")
                for statement in report.advice { print("  \(statement);") }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the servers.", discussion: "Example:\n  unify server list --json")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var output: OutputOptions

        private struct Shown: Encodable {
            let name: String
            let engine: String
            let host: String
            let port: Int?
            let login: String
            let tls: String
            let region: String?
            let state: String
            let maxConnections: Int
            let databases: Int
        }

        func run() async throws {
            try await CommandRunner.withSystem(options) { system in
                let shown = try await system.manager.serverOverview(after: 0, limit: 10_000).map { server, databases in
                    Shown(
                        name: server.name, engine: server.engine.rawValue, host: server.host, port: server.port,
                        login: server.login, tls: server.tls.description, region: server.region,
                        state: server.state.rawValue, maxConnections: server.maxConnections, databases: databases)
                }
                try output.print(shown) {
                    OutputOptions.table(
                        ["NAME", "ENGINE", "HOST", "PORT", "REGION", "STATE", "DATABASES"],
                        shown.map {
                            [
                                $0.name, $0.engine, $0.host, $0.port.map(String.init) ?? "-", $0.region ?? "-",
                                $0.state, "\($0.databases)",
                            ]
                        })
                }
            }
        }
    }
}

/// How to encrypt, on the command line.
struct TLSWord: ExpressibleByArgument {
    let options: TLSOptions

    init(options: TLSOptions) { self.options = options }

    init?(argument: String) {
        guard let options = TLSOptions(argument) else { return nil }
        self.init(options: options)
    }
}
