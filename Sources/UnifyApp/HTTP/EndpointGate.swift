internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Tenancy

/// Admits permitted users to an endpoint, in the context of their identity.
struct EndpointGate: Sendable {
    let endpoint: Endpoint
    let authenticator: Authenticator
    let bodies: IncomingBodies
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
            if request.headers[.authorization] != nil { try anonymousThrottle.take(client(of: request, context)) }
            throw error
        }
    }

    private func respondToAnyone(_ request: Request, _ context: UnifyRequestContext) async throws -> GateAnswer {
        // Before anything of its body is read.
        let client = client(of: request, context)
        if !isReading(request) { try anonymousThrottle.take(client) }
        let body =
            hasBody(request) ? try await body(of: request, from: .network(client.network), nil, context) : ByteBuffer()
        return GateAnswer(response: try await handle(scope(request, body, context, nil)), userID: nil)
    }

    private func client(of request: Request, _ context: UnifyRequestContext) -> Client {
        Client(of: request, context, behind: proxies)
    }

    /// A client decides how long its request takes to arrive, and meanwhile the session may end and the user lose rights.
    /// So both are asked at its head, again when the request is complete, and again if it then waited for its turn. Until
    /// it is complete, it is not counted as one of the user's requests: whoever holds back a byte takes no turn from others
    /// with a session of the same user.
    private func respondSignedIn(to request: Request, context: UnifyRequestContext) async throws -> GateAnswer {
        var session = try await admit(request)
        let userID = session.user.id
        do {
            var body = ByteBuffer()
            if hasBody(request) {
                body = try await self.body(of: request, from: .user(userID), session.key, context)
                session = try await admitAgain(session)
            }
            return GateAnswer(response: try await respond(to: request, body, context, session), userID: userID)
        } catch {
            errors.record(error, of: session.owner.id, route: endpoint.path, requestID: context.requestID)
            throw FailedRequest(cause: error, userID: userID)
        }
    }

    /// The session of a request that its user may make.
    /// - Throws: ``Problem`` `not_signed_in` (401); ``FailedRequest``.
    private func admit(_ request: Request) async throws -> SignedInSession {
        guard let session = try await authenticator.session(of: request) else { throw Problem.notSignedIn }
        do {
            try authenticator.refuseCrossSite(request, session: session)
            guard session.access == nil || isReadingOfRows(request) else { throw Problem.readOnlyAccess }
            if case .admin = endpoint.audience { try requireAdministrator(session) }
            return session
        } catch {
            throw FailedRequest(cause: error, userID: session.user.id)
        }
    }

    /// The session of an admitted request as it is now.
    /// - Throws: ``Problem``, as ``admit(_:)``.
    private func admitAgain(_ session: SignedInSession) async throws -> SignedInSession {
        guard let session = try await authenticator.accounts.current(session) else { throw Problem.notSignedIn }
        if case .admin = endpoint.audience { try requireAdministrator(session) }
        return session
    }

    private func requireAdministrator(_ session: SignedInSession) throws {
        guard session.user.isAdmin, session.access == nil else { throw Problem.adminRequired }
        guard session.hasSecondFactor || adminSecondFactor == .optional else { throw Problem.secondFactorMissing }
        guard !endpoint.needsConfirmation || session.isConfirmed(at: authenticator.accounts.time.wallNow) else {
            throw Problem.confirmationRequired
        }
    }

    private func respond(
        to request: Request, _ body: ByteBuffer, _ context: UnifyRequestContext, _ session: SignedInSession
    ) async throws -> Response {
        // No context: an administrator's work is on other users' databases, never on rows of their own.
        if case .admin = endpoint.audience { return try await handle(scope(request, body, context, session)) }
        var session = session
        // An administrator who reads a user's data uses their own limits and not the user's.
        let userID = session.user.id
        let requester: UserConcurrencyLimiter.Requester =
            endpoint.isUrgent ? .session(session.id, of: userID) : .user(userID)
        let holder = UnsentHolder(user: userID, part: .init(session: session.key, isUrgent: endpoint.isUrgent))
        return try await throttle.respond(
            to: requester, holder, isReading: isReading(request), endingBy: { context.end },
            afterWaiting: { session = try await admitAgain(session) },
            {
                try await DatabaseContext.run(session.context) {
                    try await handle(scope(request, body, context, session))
                }
            })
    }

    private func scope(
        _ request: Request, _ body: ByteBuffer, _ context: UnifyRequestContext, _ session: SignedInSession?
    ) -> RequestScope {
        RequestScope(request: request, body: body, context: context, session: session, proxies: proxies)
    }

    /// Whether a body follows the head (RFC 9112, section 6.3), perhaps an empty one. Readers' bodies are not read.
    private func hasBody(_ request: Request) -> Bool {
        guard !isReading(request) else { return false }
        return request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
    }

    /// Waits for all of the body.
    /// - Throws: ``Problem`` `unsupported_media_type` (415), `body_too_large` (413); as
    ///   ``IncomingBodies/collect(_:upTo:from:in:endingBy:)``.
    private func body(
        of request: Request, from sender: IncomingBodies.Sender, _ session: SessionKey?, _ context: UnifyRequestContext
    ) async throws -> ByteBuffer {
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            throw Problem.encodedBody
        }
        let stated = request.headers[.contentLength].flatMap(Int.init)
        guard stated ?? 0 <= endpoint.maxBodyBytes else { throw Problem.bodyTooLarge }
        return try await bodies.collect(
            request.body, upTo: endpoint.maxBodyBytes, from: sender, in: session, endingBy: context.end)
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
        if case .userData = endpoint.audience { isReading(request) } else { false }
    }

    private func isReading(_ request: Request) -> Bool { [.get, .head].contains(request.method) }
}
