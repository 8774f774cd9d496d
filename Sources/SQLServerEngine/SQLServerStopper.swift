internal import Tenancy

/// Tells a server to end the statement that runs on a connection: SQL Server by the attention signal of `SQLCancel`.
///
/// Babelfish looks at a connection again only when its statement has ended. There the login says so over a short
/// connection of its own, by PostgreSQL's function; a session's number is the process's.
struct SQLServerStopper: Sendable {
    private static let limit: Duration = .seconds(3)

    let link: SQLServerLink
    let location: DatabaseLocation
    let database: String
    let login: Login
    let options: SQLServerEngine.Options

    /// Blocks, for a few seconds at most.
    func stop() {
        guard link.isBabelfish else { return link.cancel() }
        var options = options
        options.connectLimit = Self.limit
        // Where that fails, the statement is left to the driver's own limit.
        guard let other = try? SQLServerLink(location, database: database, login: login, options: options) else {
            return
        }
        defer { other.close() }
        _ = try? other.run(
            SQLStatement("SELECT pg_cancel_backend(\(link.sessionID)) AS Stopped"),
            StatementLimits(timeLimit: Self.limit), keepsRows: true)
    }
}
