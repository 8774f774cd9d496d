internal import Tenancy

/// Slows down password guessing. Only a wrong password costs an attempt; any other outcome returns it.
///
/// Strangers, networks from which the account has signed in recently, and sessions have separate attempts, so that
/// nobody else's attempts lock the owner out. Together they allow at most 100 per hour for one account (ASVS 2.2.1):
/// those of its sessions are enough for two of them, so that a stolen one uses up only its own.
struct SignInThrottle: Sendable {
    enum Name: Hashable, Sendable { case pair, account, network, all, knownPair, knownAccount, session, sessions }

    static let rules: [Name: TokenBuckets.Rule] = [
        .pair: .init(burst: 10, refill: .seconds(30)), .account: .perHour(10, atOnce: 20),
        .network: .init(burst: 300, refill: .milliseconds(200)),
        .all: .init(burst: 2000, refill: .milliseconds(20)), .knownPair: .init(burst: 10, refill: .seconds(30)),
        .knownAccount: .perHour(10, atOnce: 15), .session: .perHour(15), .sessions: .perHour(15, atOnce: 30),
    ]

    private let throttle: Throttle<Name>

    init(time: any TimeSource) { throttle = Throttle(Self.rules, time: time) }

    /// The origin of a password check.
    enum Attempt: Sendable {
        /// From a network that the account has not signed in from recently, or for a nonexistent account.
        case stranger(account: String, network: String)
        case known(account: String, network: String)
        /// In the session of this number, which holds: a thief's guesses use up the tries of the thief's session, and those
        /// of all the account's sessions only if the thief has several.
        case session(Int64, account: UserID)
        /// With a link that sets a new password.
        case link(network: String)

        /// Where the attempt's hash waits.
        var place: HashingLines.Place {
            switch self {
            case .stranger(let account, let network): .init(.stranger, of: network, part: account)
            case .known(let account, let network): .init(.known, of: account, part: network)
            case .session(let id, let account): .init(.session, of: "\(account)", part: "\(id)")
            case .link(let network): .init(.known, of: network)
            }
        }

        fileprivate var tolls: [Throttle<Name>.Toll] {
            switch self {
            case .stranger(let account, let network):
                [
                    .init(name: .pair, key: "\(network) \(account)"), .init(name: .account, key: account),
                    .init(name: .network, key: network), .init(name: .all, key: ""),
                ]
            case .known(let account, let network):
                [.init(name: .knownPair, key: "\(network) \(account)"), .init(name: .knownAccount, key: account)]
            case .session(let id, let account):
                [.init(name: .session, key: "\(id)"), .init(name: .sessions, key: "\(account)")]
            // 256 bits cannot be guessed, so guesses from many networks must not keep anyone from recovery.
            case .link(let network): [.init(name: .network, key: network)]
            }
        }
    }

    /// Runs a password check.
    /// - Parameter onRefusal: called if no attempt is left.
    /// - Throws: ``Problem`` `too_many_tries` (429) before the body has begun; what the body throws.
    func counting<Result>(
        _ attempt: Attempt, _ body: () async throws -> Result, onRefusal: () -> Void = {}
    ) async throws -> Result {
        try await throttle.charging(attempt.tolls, if: Self.isWrong, body, onRefusal: onRefusal)
    }

    /// Whether the password was, the code of a second factor, or the token of a link.
    private static func isWrong(_ error: (any Error)?) -> Bool {
        guard let problem = error as? Problem else { return false }
        return [Problem.invalidCredentials.code, Problem.invalidCode.code, Problem.linkInvalid.code].contains(
            problem.code)
    }
}

extension SignedInSession {
    /// An attempt to give the password again.
    var attempt: SignInThrottle.Attempt { .session(id, account: user.id) }
}
