internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Answers every request: finds the route and the user.
struct UnifyResponder: HTTPResponder {
    typealias Context = UnifyRequestContext

    private let endpoints: [Endpoint]
    private let router: RouterResponder<UnifyRequestContext>
    private let pages: Pages
    private let time: any TimeSource
    private let hosts: HostRule
    private let isSecure: Bool
    private let forwarding: ForwardingWatch
    private let elsewhere: RouteRecorder

    /// - Parameters:
    ///   - endpoints: all routes.
    ///   - pages: shows errors to people.
    ///   - gate: makes the gate of an endpoint.
    init(
        endpoints: [Endpoint], pages: Pages, publicURL: PublicURL?, forwarding: ForwardingWatch,
        time: any TimeSource, gate makeGate: (Endpoint) -> EndpointGate
    ) {
        let isSecure = publicURL?.isSecure ?? false
        let router = Router(context: UnifyRequestContext.self)
        var recorders: [String: RouteRecorder] = [:]
        for endpoint in endpoints {
            let recorder =
                recorders[endpoint.path] ?? RouteRecorder(route: endpoint.path, proxies: forwarding.proxies)
            recorders[endpoint.path] = recorder
            let gate = makeGate(endpoint)
            let responder = ErrorRenderingResponder(
                recorder: recorder, medium: endpoint.medium, pages: pages, time: time, isSecure: isSecure)
            for method in endpoint.method == .get ? [.get, .head] : [endpoint.method] {
                router.on(RouterPath(endpoint.path), method: method) { request, context in
                    await responder.answer(request, context) { try await gate.respond(to: request, context: context) }
                }
            }
        }
        self.endpoints = endpoints
        self.router = router.buildResponder()
        self.pages = pages
        self.time = time
        elsewhere = RouteRecorder(route: "none", proxies: forwarding.proxies)
        self.isSecure = isSecure
        self.forwarding = forwarding
        hosts = HostRule(publicURL: publicURL)
    }

    func respond(to request: Request, context: UnifyRequestContext) async throws -> Response {
        forwarding.see(request, context)
        let response = try await answer(request, context)
        // Whatever it is, a client that sent HEAD takes content for the answer to its next request.
        return request.method == .head ? response.withoutContent : response
    }

    private func answer(_ request: Request, _ context: UnifyRequestContext) async throws -> Response {
        guard hosts.allows(request.head.authority, arrivedAt: context.local) else {
            return await answer(request, context, asPage: pages.isForPage(request), with: .misdirected)
        }
        // Nothing behind this line finds a second reading of a path.
        guard RequestPath.isPlain(request.head.path ?? "") else {
            return await answer(request, context, asPage: pages.isForPage(request), with: .notFound)
        }
        let response = try await router.respond(to: request, context: context)
        // Routes have answered with a problem if something was not found; without one it is the router's own answer.
        guard response.status == .notFound, response.headers[.xRequestID] == nil else { return response }
        let known = endpoints.filter { $0.matches(path: request.uri.path) }
        let isForPage = known.isEmpty ? pages.isForPage(request) : known.allSatisfy { $0.medium == .page }
        return await answer(
            request, context, asPage: isForPage,
            with: known.isEmpty ? .notFound : .methodNotAllowed(known.map(\.method)))
    }

    private func answer(
        _ request: Request, _ context: UnifyRequestContext, asPage isForPage: Bool, with problem: Problem
    ) async -> Response {
        let responder = ErrorRenderingResponder(
            recorder: elsewhere, medium: isForPage ? .page : .program, pages: pages, time: time, isSecure: isSecure)
        return await responder.answer(request, context) { throw problem }
    }
}
