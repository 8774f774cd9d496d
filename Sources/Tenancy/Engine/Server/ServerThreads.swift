internal import Synchronization

/// Worker threads for an engine's blocking calls, separate for each server, so that an unresponsive server delays
/// only its own users.
public final class ServerThreads: Sendable {
    /// The threads of one server.
    public struct Pair: Sendable {
        /// For statements and everything else that waits for the server.
        public let calls: WorkerThreads
        /// For stopping statements, which must not wait behind statements.
        let stops: WorkerThreads
    }

    private let name: String
    private let maxThreads: Int
    private let pairs = Lock<[String: Pair]>([:])

    /// - Parameters:
    ///   - name: the threads' name in a debugger.
    ///   - maxThreads: the most concurrent calls to one server.
    public init(name: String, maxThreads: Int) {
        OpenSSLAtExit.omitHandler()
        self.name = name
        self.maxThreads = maxThreads
    }

    /// The threads of the location's server.
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
    /// Engine, host and port as one text; equal for all databases of a server.
    package var serverAddress: String {
        "\(engine.rawValue)://\(host ?? "localhost")\(port.map { ":\($0)" } ?? "")"
    }
}
