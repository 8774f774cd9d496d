internal import ArgumentParser
internal import Tenancy

/// The kind of database to make.
struct ProvisioningOptions: ParsableArguments {
    @Option(help: "sqlite, postgresql, mysql or sqlserver.")
    var engine: EngineWord?

    @Option(help: "The database server's address.")
    var host: String?

    @Option(help: "The database server's port.")
    var port: Int?

    @Option(help: "The database's name.")
    var name: String?

    @Option(help: "The login to the database.")
    var login: String?

    @Option(help: "The name of a registered server.")
    var server: String?

    @Option(help: "For a database of your own: disable, prefer, require, verify-ca or verify-full.")
    var tls: TLSWord?

    /// - Parameter password: the login's.
    func request(password: Secret<String>? = nil) -> ProvisioningRequest {
        ProvisioningRequest(
            engine: engine?.kind, host: host, port: port, name: name, login: login, password: password, server: server,
            tls: tls?.options)
    }
}
