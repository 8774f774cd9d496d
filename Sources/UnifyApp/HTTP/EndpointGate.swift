internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Lets through to an endpoint who may use it, in the context of who they are.
struct EndpointGate: Sendable {
    let endpoint: Endpoint
    let authenticator: Authenticator
    let throttle: UserThrottle
    let metricsToken: Secret<String>?
    let errors: RecentErrors

    func respond(to request: Request, context: UnifyRequestContext) async throws -> Response {
        switch endpoint.audience {
        case .operations:
            guard isLocal(request, context) || hasMetricsToken(request) else { throw Problem.localOnly }
            return try await handle(RequestScope(request: request, context: context, session: nil))
        case .anyone:
            try authenticator.refuseCrossSite(request, session: nil)
            return try await handle(RequestScope(request: request, context: context, session: nil))
        case .user, .userData, .admin:
            return try await respondSignedIn(to: request, context: context)
        }
    }

    private func respondSignedIn(to request: Request, context: UnifyRequestContext) async throws -> Response {
        guard let session = try await authenticator.session(of: request) else { throw Problem.notSignedIn }
        try authenticator.refuseCrossSite(request, session: session)
        guard session.access == nil || isReadingOfRows(request) else { throw Problem.readOnlyAccess }
        do {
            return try await respond(to: request, context: context, session: session)
        } catch {
            errors.record(error, of: session.user.id, route: endpoint.path, requestID: context.requestID)
            throw error
        }
    }

    private func respond(
        to request: Request, context: UnifyRequestContext, session: SignedInSession
    ) async throws -> Response {
        if case .admin = endpoint.audience {
            guard session.user.isAdmin else { throw Problem.adminRequired }
            // No context: an administrator's work is on other users' databases, never on rows of their own.
            return try await handle(RequestScope(request: request, context: context, session: session))
        }
        // Whose requests they are: an administrator who reads a user's data uses up nothing of the user's.
        return try await throttle.admit(session.access?.actorID ?? session.user.id, isReading: request.method == .get) {
            try await DatabaseContext.run(as: session.user.id) {
                try await handle(RequestScope(request: request, context: context, session: session))
            }
        }
    }

    private func handle(_ scope: RequestScope) async throws -> Response {
        switch endpoint.cost {
        case .short: try await endpoint.handle(scope)
        case .long:
            try await withTaskExecutorPreference(globalConcurrentExecutor) { try await endpoint.handle(scope) }
        }
    }

    private func isReadingOfRows(_ request: Request) -> Bool {
        if case .userData = endpoint.audience { [.get, .head].contains(request.method) } else { false }
    }

    /// A proxy on this machine asks from the loopback too, for whoever it serves; it says so by its header.
    private func isLocal(_ request: Request, _ context: UnifyRequestContext) -> Bool {
        let isForwarded = [HTTPField.Name.forwarded, .xForwardedFor].contains { request.headers[$0] != nil }
        return context.isFromLoopback && !isForwarded
    }

    private func hasMetricsToken(_ request: Request) -> Bool {
        guard let metricsToken, let header = request.headers[.authorization],
            let given = Authenticator.bearerToken(header)
        else { return false }
        // Hashes are compared, so that the time tells nothing of the token.
        return SessionToken(text: given).hash == SessionToken(text: metricsToken.unsafeReveal()).hash
    }
}
