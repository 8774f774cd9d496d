internal import ArgumentParser
internal import Tenancy

/// How Unify uses a server, new or registered.
struct ServerOptions: ParsableArguments {
    @Option(
        help: """
            disable, prefer, require, verify-ca or verify-full; with :FILE, the certificates to trust. Not given: for a \
            new server verify-full, and prefer for this machine; for a registered one as it is, and verify-full if it \
            leaves this machine.
            """)
    var tls: TLSWord?

    @Option(
        help: """
            Connections that a process of Unify opens to it at most. Not given: \(DatabaseServer.defaultMaxConnections) \
            for a new server.
            """)
    var maxConnections: Int?

    @Option(help: "Where the server is. For a registered one it may be empty: nowhere in particular.")
    var region: String?

    var isEmpty: Bool { tls == nil && maxConnections == nil && region == nil }
}
