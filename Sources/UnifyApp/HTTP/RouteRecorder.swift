internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import Synchronization
internal import Tenancy

/// Counts and times the requests of one route. The series are found once and kept.
final class RouteRecorder: Sendable {
    /// The counter of requests, with the labels `method`, `route` and `status`.
    static let requestCounter = "unify_http_requests_total"
    /// Above this an answer is worth a line of the log.
    private static let slow: Duration = .seconds(1)
    private static let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .head, .options]

    fileprivate struct Series {
        var duration: Metrics.Timer?
        var counters: [(method: HTTPRequest.Method?, status: Int, counter: Counter)] = []
    }

    /// The route's pattern: raw paths would let clients choose labels and log lines.
    let route: String
    private let series = Lock(Series())

    private let proxies: TrustedProxies

    init(route: String, proxies: TrustedProxies) {
        self.route = route
        self.proxies = proxies
    }

    /// - Parameter userID: the signed-in user, if any.
    func record(
        _ request: Request, _ response: Response, _ context: UnifyRequestContext, of userID: UserID?,
        _ duration: Duration
    ) {
        let method = Self.methods.first { $0 == request.method }
        let (timer, counter) = series.withLock { $0.find(method, response.status.code, route: route) }
        timer.recordNanoseconds(Int64(duration / .nanoseconds(1)))
        counter.increment()
        let level: Logger.Level = response.status.code >= 400 || duration > Self.slow ? .info : .debug
        guard context.logger.logLevel <= level else { return }
        // Log filters look for who was refused, and from where.
        let client = Client(of: request, context, behind: proxies)
        var metadata: Logger.Metadata = [
            "address": "\(client.address)", "method": "\(method?.rawValue ?? "other")", "route": "\(route)",
            "status": "\(response.status.code)", "ms": "\(duration / .milliseconds(1))",
        ]
        if let userID { metadata["user"] = "\(userID)" }
        context.logger.log(level: level, "request", metadata: metadata)
    }
}

extension RouteRecorder.Series {
    fileprivate mutating func find(
        _ method: HTTPRequest.Method?, _ status: Int, route: String
    ) -> (Metrics.Timer, Counter) {
        let timer = duration ?? Timer(label: "unify_http_request_duration_seconds", dimensions: [("route", route)])
        duration = timer
        if let known = counters.first(where: { $0.status == status && $0.method == method }) {
            return (timer, known.counter)
        }
        let counter = Counter(
            label: RouteRecorder.requestCounter,
            dimensions: [("method", method?.rawValue ?? "other"), ("route", route), ("status", String(status))])
        counters.append((method, status, counter))
        return (timer, counter)
    }
}
