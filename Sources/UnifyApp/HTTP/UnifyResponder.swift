internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Answers every request: finds the route, and finds out who asks.
struct UnifyResponder: HTTPResponder {
    typealias Context = UnifyRequestContext

    private let endpoints: [Endpoint]
    private let router: RouterResponder<UnifyRequestContext>
    private let pages: Pages
    private let time: any TimeSource
    private let elsewhere: RouteRecorder

    /// - Parameters:
    ///   - endpoints: all routes but those of the pages.
    ///   - gate: makes the gate of an endpoint.
    init(
        endpoints: [Endpoint], pages: Pages, proxies: TrustedProxies, time: any TimeSource,
        gate makeGate: (Endpoint) -> EndpointGate
    ) {
        let all = endpoints + pages.endpoints
        let router = Router(context: UnifyRequestContext.self, options: .autoGenerateHeadEndpoints)
        var recorders: [String: RouteRecorder] = [:]
        for endpoint in all {
            let recorder = recorders[endpoint.path] ?? RouteRecorder(route: endpoint.path, proxies: proxies)
            recorders[endpoint.path] = recorder
            let gate = makeGate(endpoint)
            let answerer = RouteAnswerer(recorder: recorder, medium: endpoint.medium, pages: pages, time: time)
            router.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                await answerer.answer(request, context) { try await gate.respond(to: request, context: context) }
            }
        }
        self.endpoints = all
        self.router = router.buildResponder()
        self.pages = pages
        self.time = time
        elsewhere = RouteRecorder(route: "none", proxies: proxies)
    }

    func respond(to request: Request, context: UnifyRequestContext) async throws -> Response {
        let response = try await router.respond(to: request, context: context)
        // Routes have answered with a problem where something is not there: without that it is the router's own answer.
        guard response.status == .notFound, response.headers[.xRequestID] == nil else { return response }
        let known = endpoints.filter { $0.matches(path: request.uri.path) }
        let isForPage = known.isEmpty ? pages.isForPage(request) : known.allSatisfy { $0.medium == .page }
        let answerer = RouteAnswerer(
            recorder: elsewhere, medium: isForPage ? .page : .program, pages: pages, time: time)
        return await answerer.answer(request, context) {
            throw known.isEmpty ? Problem.notFound : Problem.methodNotAllowed(known.map(\.method))
        }
    }
}
