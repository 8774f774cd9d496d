internal import Synchronization

/// Which registered servers are reachable but unusable, and why, as of the last check.
final class ServerWatch: Sendable {
    private let faults = Lock<[String: String]>([:])

    var unusable: [String: String] { faults.withLock { $0 } }

    /// - Parameter fault: nil for a usable server.
    func set(_ fault: String?, of server: String) { faults.withLock { $0[server] = fault } }

    /// Forgets all servers that are no longer registered.
    func keepOnly(_ servers: [String]) {
        let names = Set(servers)
        faults.withLock { $0 = $0.filter { names.contains($0.key) } }
    }
}
