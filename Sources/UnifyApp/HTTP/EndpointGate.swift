internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Admits permitted users to an endpoint, in the context of their identity.
struct EndpointGate: Sendable {
    let endpoint: Endpoint
    let authenticator: Authenticator
    let throttle: UserConcurrencyLimiter
    let anonymousThrottle: AnonymousThrottle
    let operations: OperationsDoor
    let errors: RecentErrors
    let proxies: TrustedProxies
    var adminSecondFactor = Settings.SecondFactorRule.optional

    /// - Throws: ``FailedRequest`` if the user of the failed request is known.
    func respond(to request: Request, context: UnifyRequestContext) async throws -> GateAnswer {
        switch endpoint.audience {
        case .operations:
            try admitToOperations(request, context)
            return try await respondToAnyone(request, context)
        case .anyone:
            try authenticator.refuseCrossSite(request, session: nil)
            return try await respondToAnyone(request, context)
        case .user, .userData, .admin:
            return try await respondSignedIn(to: request, context: context)
        }
    }

    /// Attempts with a wrong token count like a network's other anonymous requests.
    private func admitToOperations(_ request: Request, _ context: UnifyRequestContext) throws {
        do {
            try operations.admit(request, context)
        } catch {
            if request.headers[.authorization] != nil { try anonymousThrottle.take(scope(request, context).client) }
            throw error
        }
    }

    private func respondToAnyone(_ request: Request, _ context: UnifyRequestContext) async throws -> GateAnswer {
        let scope = scope(request, context)
        // Before anything of its body is read.
        if ![.get, .head].contains(request.method) { try anonymousThrottle.take(scope.client) }
        return GateAnswer(response: try await handle(scope), userID: nil)
    }

    private func respondSignedIn(to request: Request, context: UnifyRequestContext) async throws -> GateAnswer {
        guard let session = try await authenticator.session(of: request) else { throw Problem.notSignedIn }
        let userID = session.access?.actorID ?? session.user.id
        do {
            try authenticator.refuseCrossSite(request, session: session)
            guard session.access == nil || isReadingOfRows(request) else { throw Problem.readOnlyAccess }
        } catch {
            throw FailedRequest(cause: error, userID: userID)
        }
        do {
            return GateAnswer(
                response: try await respond(to: request, context: context, session: session), userID: userID)
        } catch {
            errors.record(error, of: session.user.id, route: endpoint.path, requestID: context.requestID)
            throw FailedRequest(cause: error, userID: userID)
        }
    }

    private func respond(
        to request: Request, context: UnifyRequestContext, session: SignedInSession
    ) async throws -> Response {
        if case .admin = endpoint.audience {
            guard session.user.isAdmin else { throw Problem.adminRequired }
            guard session.hasSecondFactor || adminSecondFactor == .optional else { throw Problem.secondFactorMissing }
            guard !endpoint.needsConfirmation || session.isConfirmed(at: authenticator.accounts.time.wallNow) else {
                throw Problem.confirmationRequired
            }
            // No context: an administrator's work is on other users' databases, never on rows of their own.
            return try await handle(scope(request, context, session))
        }
        // An administrator who reads a user's data uses their own limits and not the user's.
        let requester = session.access?.actorID ?? session.user.id
        return try await throttle.respond(to: requester, isReading: [.get, .head].contains(request.method)) {
            try await DatabaseContext.run(as: session.user.id) {
                try await handle(scope(request, context, session))
            }
        }
    }

    private func scope(
        _ request: Request, _ context: UnifyRequestContext, _ session: SignedInSession? = nil
    ) -> RequestScope {
        RequestScope(request: request, context: context, session: session, proxies: proxies)
    }

    private func handle(_ scope: RequestScope) async throws -> Response {
        do {
            return switch endpoint.cost {
            case .short: try await endpoint.handle(scope)
            case .long:
                try await withTaskExecutorPreference(globalConcurrentExecutor) { try await endpoint.handle(scope) }
            }
        } catch let answer as HeadAnswer {
            return answer.response(as: endpoint.medium)
        }
    }

    private func isReadingOfRows(_ request: Request) -> Bool {
        if case .userData = endpoint.audience { [.get, .head].contains(request.method) } else { false }
    }
}
