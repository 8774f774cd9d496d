internal import Tenancy

/// A registered server as commands print it.
struct ServerOutput: Encodable {
    let id: Int64
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
    /// Databases in stock; nil in lists.
    var stock: Int?

    init(_ server: DatabaseServer, databases: Int, stock: Int? = nil) {
        (id, name, engine, host, port) = (server.id, server.name, server.engine.rawValue, server.host, server.port)
        (login, tls, region, state) = (server.login, server.tls.description, server.region, server.state.rawValue)
        maxConnections = server.maxConnections
        (self.databases, self.stock) = (databases, stock)
    }

    var lines: [String] {
        [
            "name: \(name)", "engine: \(engine)", "address: \(host)\(port.map { ":\($0)" } ?? "")", "login: \(login)",
            "tls: \(tls)", "region: \(region ?? "-")", "state: \(state)", "connections: at most \(maxConnections)",
            "users' databases: \(databases)",
        ] + (stock.map { ["databases in stock: \($0)"] } ?? [])
    }
}
