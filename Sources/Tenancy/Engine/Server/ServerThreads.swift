internal import Synchronization

/// The threads on which an engine's blocking calls run, apart for each server, so that a server which does not answer
/// holds up nobody but its own users.
public final class ServerThreads: Sendable {
    /// One server's threads.
    public struct Pair: Sendable {
        /// For statements and everything else that waits for the server.
        public let calls: WorkerThreads
        /// For telling the server to stop a statement, which must not wait behind statements.
        let stops: WorkerThreads
    }

    private let name: String
    private let maxThreads: Int
    private let pairs = Lock<[String: Pair]>([:])

    /// - Parameters:
    ///   - name: what the threads are called in a debugger.
    ///   - maxThreads: the most calls to one server at a time.
    public init(name: String, maxThreads: Int) {
        self.name = name
        self.maxThreads = maxThreads
    }

    /// The threads of the server of a location.
    public func threads(for location: DatabaseLocation) -> Pair {
        pairs.withLock { pairs in
            let key = location.serverAddress
            if let pair = pairs[key] { return pair }
            let pair = Pair(
                calls: WorkerThreads(name: name, maxThreads: maxThreads, isApart: true),
                stops: WorkerThreads(name: "\(name)-stop", maxThreads: 8, isApart: true))
            pairs[key] = pair
            return pair
        }
    }
}

extension DatabaseLocation {
    /// Engine, host and port in one text; the same for all databases of one server.
    package var serverAddress: String {
        "\(engine.rawValue)://\(host ?? "localhost")\(port.map { ":\($0)" } ?? "")"
    }
}
