internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Keeps pages of the console up to date by server-sent events (WHATWG HTML, section 9.2).
///
/// Each event is a complete part of a page, so reconnecting loses nothing. A stream ends when the server shuts down,
/// when the administrator's session ends, or after ``ConsoleEvents/lifetime``; browsers then reconnect by themselves.
struct ConsoleStream: Sendable {
    /// The most concurrent streams; each renders its part at every interval.
    static let maxAtOnce = 50
    /// The most of one administrator, so that the others can look too.
    static let maxPerUser = 20

    private let environment: ConsoleEnvironment
    private let authenticator: Authenticator
    private let overview: OverviewPages
    private let jobs: JobPages
    private let pools: PoolPages
    private let gate = AdmissionGate(
        limit: maxAtOnce, refusal: .unavailable("overloaded", "Too many people look at the console. Try again."))
    private let turns = StreamTurns(limit: maxPerUser)

    init(environment: ConsoleEnvironment, authenticator: Authenticator) {
        self.environment = environment
        self.authenticator = authenticator
        overview = OverviewPages(environment: environment)
        jobs = JobPages(environment: environment)
        pools = PoolPages(environment: environment)
    }

    var endpoints: [Endpoint] {
        [
            stream("overview") { _, time in try await overview.figures(time) },
            stream("pools") { _, _ in try await pools.table(after: 0).html },
            stream("jobs") { scope, time in
                var query = scope.query
                let filter = JobControl.Filter(&query)
                try query.finish()
                return try await jobs.table(filter, before: nil, time).html
            },
            stream("job") { scope, time in
                var query = scope.query
                let id = query.number("id")
                if id == nil { query.reject("id", "must be a job's number") }
                try query.finish()
                return try await jobs.figures(of: id ?? 0, time)
            },
        ]
    }

    /// - Parameter part: renders the part of the page as HTML.
    private func stream(
        _ name: String, _ part: @escaping @Sendable (RequestScope, PageTime) async throws -> String
    ) -> Endpoint {
        .page(.get, "/admin/console/live/\(name)", .admin) { scope in
            // Asks buffering proxies to pass the events on.
            let headers: HTTPFields = [.contentType: "text/event-stream", .xAccelBuffering: "no"]
            try scope.finishHead(headers)
            // Errors are reported before the stream begins.
            let first = try await part(scope, environment.renderer.time(of: scope))
            let turn = try turns.begin(try scope.requireSession().user.id)
            let events = ConsoleEvents(first: first, slot: try gate.enter(), turn: turn, time: environment.time) {
                let session = try await authenticator.session(of: scope.request, isUse: false)
                guard session?.mayAdminister(environment.settings.adminSecondFactor) == true else { return nil }
                // Rendering runs off the connection's thread, where it would delay others.
                return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                    try await part(scope, environment.renderer.time(of: scope))
                }
            }
            return Response(status: .ok, headers: headers, body: ResponseBody(asyncSequence: events))
        }
    }
}
