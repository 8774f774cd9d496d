internal import Tenancy

/// Bounds the anonymous changing requests of one network, before any of their bodies is read.
struct AnonymousThrottle: Sendable {
    private enum Name: Hashable, Sendable { case network }

    static let rule = TokenBuckets.Rule(burst: 60, refill: .milliseconds(100))

    private let throttle: Throttle<Name>
    private let sparesThisMachine: Bool

    /// - Parameter sparesThisMachine: whether clients on this machine are not counted.
    init(sparesThisMachine: Bool, time: any TimeSource) {
        self.sparesThisMachine = sparesThisMachine
        throttle = Throttle([.network: Self.rule], time: time)
    }

    /// - Throws: ``Problem`` `too_many_tries` (429).
    func take(_ client: Client) throws {
        guard !(client.isOnThisMachine && sparesThisMachine) else { return }
        try throttle.take([.init(name: .network, key: client.network)])
    }
}
