internal import Tenancy

/// Tells the server to end the statement that runs on a connection, over a short connection of its own: `KILL QUERY`,
/// which every login may say of its own connections. An idle connection takes no notice of it.
struct MySQLStopper: Sendable {
    private static let limit: Duration = .seconds(3)

    let location: DatabaseLocation
    let login: Login
    let threadID: UInt

    /// Blocks, for a few seconds at most.
    func stop() {
        do {
            let link = try MySQLLink(location, database: nil, login: login, limit: Self.limit, callLimit: Self.limit)
            defer { link.close() }
            try link.control("KILL QUERY \(threadID)")
        } catch {
            // Left for the connection to be broken off, or for the result to be read to its end.
        }
    }
}
