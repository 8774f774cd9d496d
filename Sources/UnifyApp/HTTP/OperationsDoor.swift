internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Decides who may see health, readiness and metrics.
struct OperationsDoor: Sendable {
    let token: Secret<String>?
    /// Whether clients on this machine need no token: on the separate listener, or if no public URL indicates a proxy
    /// on this machine.
    let isOpenToThisMachine: Bool

    /// Headers that forwarding proxies add, in lower case; then how the names of others begin and end.
    private static let signsOfForwarding: Set<String> = [
        "forwarded", "via", "x-real-ip", "cf-connecting-ip", "x-azure-clientip", "x-envoy-external-address",
        "cdn-loop", "x-amzn-trace-id", "x-request-start",
    ]
    private static let signsBeginning = "x-forwarded"
    private static let signsEnding = ["client-ip", "forwarded-for"]

    /// - Throws: ``Problem`` `forbidden` (403).
    func admit(_ request: Request, _ context: UnifyRequestContext) throws {
        if isOpenToThisMachine, isLocal(request, context) || hasToken(request) { return }
        guard hasToken(request) else { throw isOpenToThisMachine ? Problem.localOnly : Problem.tokenOnly }
    }

    /// A page of another site whose name resolves to this machine has that site as its host.
    private func isLocal(_ request: Request, _ context: UnifyRequestContext) -> Bool {
        guard context.isFromLoopback else { return false }
        if let host = request.head.authority, Authority(host)?.isLoopback != true { return false }
        return !Self.isForwarded(request)
    }

    /// Whether a proxy has forwarded the request.
    static func isForwarded(_ request: Request) -> Bool {
        request.headers.contains { field in
            let name = field.name.canonicalName
            return signsOfForwarding.contains(name) || name.hasPrefix(signsBeginning)
                || signsEnding.contains { name.hasSuffix($0) }
        }
    }

    private func hasToken(_ request: Request) -> Bool {
        guard let token, let header = request.headers[.authorization], let given = Authenticator.bearerToken(header)
        else { return false }
        // Hashes are compared, so that the time reveals nothing about the token.
        return SessionToken(text: given).hash == SessionToken(text: token.unsafeReveal()).hash
    }
}
