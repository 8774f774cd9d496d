internal import Tenancy

/// Tells the server to end the running statement of a connection, over a short connection of its own: `KILL QUERY`,
/// which every login may use on its own connections. It has no effect on an idle connection.
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
            // The connection is broken off later, or the result read to its end.
        }
    }
}
