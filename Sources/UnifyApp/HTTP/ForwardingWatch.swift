internal import Hummingbird
internal import Logging
internal import Synchronization

/// Warns the operator once when a proxy forwards requests although no trusted proxy is configured: all its clients
/// would count as one.
final class ForwardingWatch: Sendable {
    let proxies: TrustedProxies
    private let logger: Logger
    private let hasLooked: Atomic<Bool>

    /// - Parameter publicURL: without one there is no proxy to expect.
    init(publicURL: PublicURL?, proxies: TrustedProxies, logger: Logger) {
        self.proxies = proxies
        self.logger = logger
        hasLooked = Atomic(publicURL == nil)
    }

    /// Looks at the first request that was forwarded.
    func see(_ request: Request, _ context: UnifyRequestContext) {
        guard !hasLooked.load(ordering: .relaxed), request.headers[.xForwardedFor] != nil, let peer = context.peer,
            !hasLooked.exchange(true, ordering: .relaxed), !proxies.contain(peer)
        else { return }
        logger.warning(
            "Requests come through a proxy that is not trusted, so all its clients count as one. Set UNIFY_TRUSTED_PROXIES.",
            metadata: ["proxy": "\(peer)"])
    }
}
