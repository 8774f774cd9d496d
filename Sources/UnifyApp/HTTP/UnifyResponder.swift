internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import NIOCore
internal import Tenancy

/// Answers every request: finds the route, finds out who asks, and turns every error into a problem document.
struct UnifyResponder: HTTPResponder {
    typealias Context = UnifyRequestContext

    let endpoints: [Endpoint]
    let router: RouterResponder<UnifyRequestContext>
    let time: any TimeSource

    init(
        endpoints: [Endpoint], authenticator: Authenticator, throttle: UserThrottle, metricsToken: Secret<String>?,
        time: any TimeSource
    ) {
        let router = Router(context: UnifyRequestContext.self, options: .autoGenerateHeadEndpoints)
        for endpoint in endpoints {
            router.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                let gate = EndpointGate(
                    endpoint: endpoint, authenticator: authenticator, throttle: throttle, metricsToken: metricsToken)
                return try await gate.respond(to: request, context: context)
            }
        }
        self.endpoints = endpoints
        self.router = router.buildResponder()
        self.time = time
    }

    func respond(to request: Request, context: UnifyRequestContext) async throws -> Response {
        let started = time.monotonicNow
        var response: Response
        do {
            response = try await route(request, context)
        } catch {
            response = problem(for: error, request, context).response()
        }
        harden(&response, context)
        let duration = time.monotonicNow - started
        record(request, response, context, duration)
        return response
    }

    private func route(_ request: Request, _ context: UnifyRequestContext) async throws -> Response {
        let response = try await router.respond(to: request, context: context)
        // Endpoints throw a problem for 404: such a response is the router's own, for a route that is not there.
        guard response.status == .notFound else { return response }
        let allowed = endpoints.filter { $0.matches(path: request.uri.path) }.map(\.method)
        throw allowed.isEmpty ? Problem.notFound : Problem.methodNotAllowed(allowed)
    }

    private func problem(for error: any Error, _ request: Request, _ context: UnifyRequestContext) -> Problem {
        if let problem = error as? Problem { return problem }
        if let conflict = error as? AccountConflict {
            return Problem(status: .conflict, code: conflict.code, detail: conflict.message)
        }
        let problem = (error as? TenancyError).map(Problem.init) ?? .internalFailure
        let level: Logger.Level = problem.status.code >= 500 ? .error : .debug
        context.logger.log(
            level: level, "request failed", metadata: ["path": "\(pattern(of: request))", "error": "\(error)"])
        return problem
    }

    private func harden(_ response: inout Response, _ context: UnifyRequestContext) {
        response.headers[.xRequestID] = context.requestID
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.cacheControl] = "no-store"
    }

    private func record(
        _ request: Request, _ response: Response, _ context: UnifyRequestContext, _ duration: Duration
    ) {
        let route = pattern(of: request)
        let dimensions = [("method", Self.method(request)), ("route", route), ("status", String(response.status.code))]
        Counter(label: "unify_http_requests_total", dimensions: dimensions).increment()
        Metrics.Timer(label: "unify_http_request_duration_seconds", dimensions: [("route", route)])
            .recordNanoseconds(Int64(duration / .nanoseconds(1)))
        context.logger.info(
            "request",
            metadata: [
                "method": "\(Self.method(request))", "route": "\(route)", "status": "\(response.status.code)",
                "ms": "\(duration / .milliseconds(1))",
            ])
    }

    /// The route's pattern: a path itself would make a label, or a line of the log, of whatever a client sends.
    private func pattern(of request: Request) -> String {
        endpoints.first { $0.matches(path: request.uri.path) }?.path ?? "none"
    }

    private static func method(_ request: Request) -> String {
        let known: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .head, .options]
        return known.contains(request.method) ? request.method.rawValue : "other"
    }
}
