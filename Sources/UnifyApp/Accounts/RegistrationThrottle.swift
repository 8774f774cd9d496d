internal import Tenancy

/// Bounds how many accounts visitors create. Anything that reveals whether a name is taken counts like an account.
struct RegistrationThrottle: Sendable {
    private enum Name: Hashable, Sendable { case network, all }

    /// The share of an hour's accounts that may be created at once, over all networks.
    static let burstShare = 7

    private let throttle: Throttle<Name>
    private let sparesThisMachine: Bool

    /// - Parameters:
    ///   - limits: a nil limit means no bound.
    ///   - sparesThisMachine: whether clients on this machine are exempt from the bound of one network.
    init(limits: RegistrationLimits, sparesThisMachine: Bool, time: any TimeSource) {
        self.sparesThisMachine = sparesThisMachine
        var rules: [Name: TokenBuckets.Rule] = [:]
        if let count = limits.perNetwork { rules[.network] = .perHour(count) }
        if let count = limits.overall { rules[.all] = .perHour(count, atOnce: max(1, count / Self.burstShare)) }
        throttle = Throttle(rules, time: time)
    }

    /// Runs the creation of an account.
    /// - Throws: ``Problem`` `too_many_tries` (429) before the body has begun; what the body throws.
    func counting<Result>(from client: Client, _ body: () async throws -> Result) async throws -> Result {
        var tolls = [Throttle<Name>.Toll(name: .all, key: "")]
        if !(client.isOnThisMachine && sparesThisMachine) {
            tolls.append(.init(name: .network, key: client.network))
        }
        return try await throttle.charging(tolls, if: Self.costs, body)
    }

    private static func costs(_ outcome: (any Error)?) -> Bool {
        outcome == nil || outcome is AccountConflict
            || (outcome as? Problem)?.code == Problem.invitationInvalid.code
    }
}
