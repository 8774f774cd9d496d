internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Tenancy

/// Answers every request: finds the route, finds out who asks, and turns every error into a problem document.
struct UnifyResponder: HTTPResponder {
    typealias Context = UnifyRequestContext

    private let endpoints: [Endpoint]
    private let router: RouterResponder<UnifyRequestContext>
    private let time: any TimeSource
    private let elsewhere = RouteRecorder(route: "none")

    init(
        endpoints: [Endpoint], authenticator: Authenticator, throttle: UserThrottle, metricsToken: Secret<String>?,
        time: any TimeSource
    ) {
        let router = Router(context: UnifyRequestContext.self, options: .autoGenerateHeadEndpoints)
        var recorders: [String: RouteRecorder] = [:]
        for endpoint in endpoints {
            let recorder = recorders[endpoint.path] ?? RouteRecorder(route: endpoint.path)
            recorders[endpoint.path] = recorder
            let gate = EndpointGate(
                endpoint: endpoint, authenticator: authenticator, throttle: throttle, metricsToken: metricsToken)
            router.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                await Self.answer(request, context, recorder, time) {
                    try await gate.respond(to: request, context: context)
                }
            }
        }
        self.endpoints = endpoints
        self.router = router.buildResponder()
        self.time = time
    }

    func respond(to request: Request, context: UnifyRequestContext) async throws -> Response {
        let response = try await router.respond(to: request, context: context)
        // Routes have answered with a problem where something is not there: without that it is the router's own answer.
        guard response.status == .notFound, response.headers[.xRequestID] == nil else { return response }
        return await Self.answer(request, context, elsewhere, time) {
            let allowed = endpoints.filter { $0.matches(path: request.uri.path) }.map(\.method)
            throw allowed.isEmpty ? Problem.notFound : Problem.methodNotAllowed(allowed)
        }
    }

    private static func answer(
        _ request: Request, _ context: UnifyRequestContext, _ recorder: RouteRecorder, _ time: any TimeSource,
        _ body: () async throws -> Response
    ) async -> Response {
        let started = time.monotonicNow
        var response: Response
        do {
            response = try await body()
        } catch {
            response = problem(for: error, context, recorder).response()
        }
        harden(&response, context)
        recorder.record(request, response, context, time.monotonicNow - started)
        return response
    }

    private static func problem(
        for error: any Error, _ context: UnifyRequestContext, _ recorder: RouteRecorder
    ) -> Problem {
        if let problem = error as? Problem { return problem }
        if let conflict = error as? AccountConflict {
            return Problem(status: .conflict, code: conflict.code, detail: conflict.message)
        }
        let problem = (error as? TenancyError).map(Problem.init) ?? .internalFailure
        let level: Logger.Level = problem.status.code >= 500 ? .error : .debug
        context.logger.log(
            level: level, "request failed", metadata: ["path": "\(recorder.route)", "error": "\(error)"])
        return problem
    }

    private static func harden(_ response: inout Response, _ context: UnifyRequestContext) {
        response.headers.append(HTTPField(name: .xRequestID, value: context.requestID))
        for field in hardening { response.headers.append(field) }
    }

    private static let hardening = [
        HTTPField(name: .xContentTypeOptions, value: "nosniff"),
        HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"),
        HTTPField(name: .referrerPolicy, value: "no-referrer"), HTTPField(name: .cacheControl, value: "no-store"),
    ]
}
