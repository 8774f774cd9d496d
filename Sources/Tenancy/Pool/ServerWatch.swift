internal import Synchronization

/// Which registered servers answer and cannot be used all the same, and why, as of the last look.
final class ServerWatch: Sendable {
    private let faults = Lock<[String: String]>([:])

    var unusable: [String: String] { faults.withLock { $0 } }

    /// - Parameter fault: nil for a server that can be used.
    func set(_ fault: String?, of server: String) { faults.withLock { $0[server] = fault } }

    /// Forgets servers that are registered no more.
    func keepOnly(_ servers: [String]) {
        let names = Set(servers)
        faults.withLock { $0 = $0.filter { names.contains($0.key) } }
    }
}
