/// A server has no connection left for a lease that holds a share of the whole budget. The lease gives that share back
/// before it waits for the server, so that a slow server does not keep others waiting.
struct ServerFull: Error {
    let config: UserDatabaseConfig
    let limit: Int
}
