internal import HTTPTypes
internal import Hummingbird

/// One route: method and path, who may use it, and its handler.
struct Endpoint: Sendable {
    enum Audience: Sendable {
        case anyone
        /// Anyone on this machine or with the metrics token.
        case operations
        case user
        /// A signed-in user, about rows of their own; for reading also an administrator with leave to.
        case userData
        case admin
    }

    /// How long an answer takes, not counting waits.
    enum Cost: Sendable {
        /// Well below a millisecond: it may run on the thread of the connection.
        case short
        /// Perhaps more, so that others on the same thread would wait.
        case long
    }

    /// The kind of client that an answer is for.
    enum Medium: Sendable {
        /// Programs: errors are problem documents.
        case program
        /// People with a browser: errors are pages.
        case page
        /// Files that pages load and browsers cache.
        case asset
    }

    static let usualMaxBodyBytes = 1024 * 1024

    let method: HTTPRequest.Method
    let path: String
    let audience: Audience
    let cost: Cost
    let medium: Medium
    /// Whether it is dangerous, so that the password must have been confirmed recently. Pages ask for it themselves.
    private(set) var needsConfirmation = false
    /// Whether it is counted among the requests of its session instead of its user's.
    private(set) var isUrgent = false
    private(set) var maxBodyBytes = Self.usualMaxBodyBytes
    let handle: @Sendable (RequestScope) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ audience: Audience, cost: Cost = .short,
        _ handle: @escaping @Sendable (RequestScope) async throws -> Response
    ) {
        self.init(method, path, audience, cost, .program, handle)
    }

    private init(
        _ method: HTTPRequest.Method, _ path: String, _ audience: Audience, _ cost: Cost, _ medium: Medium,
        _ handle: @escaping @Sendable (RequestScope) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.audience = audience
        self.cost = cost
        self.medium = medium
        self.handle = handle
    }

    /// The same route, for a session with a recently confirmed password.
    var confirmed: Endpoint {
        var copy = self
        copy.needsConfirmation = true
        return copy
    }

    /// The same route, for what shows and ends a thief's use of the account: the thief's requests, which come with another
    /// session, must not hold it up.
    var urgent: Endpoint {
        var copy = self
        copy.isUrgent = true
        return copy
    }

    /// The same route, for larger bodies.
    func taking(maxBodyBytes: Int) -> Endpoint {
        var copy = self
        copy.maxBodyBytes = maxBodyBytes
        return copy
    }

    /// A page, or the target of a page's form.
    static func page(
        _ method: HTTPRequest.Method, _ path: String, _ audience: Audience,
        _ handle: @escaping @Sendable (RequestScope) async throws -> Response
    ) -> Endpoint {
        Endpoint(method, path, audience, .long, .page, handle)
    }

    /// A file that pages load. Its path changes with its content.
    static func asset(_ path: String, _ handle: @escaping @Sendable (RequestScope) async throws -> Response) -> Endpoint
    {
        Endpoint(.get, path, .anyone, .short, .asset, handle)
    }

    /// Whether the path is this route's, whatever the method.
    func matches(path: some StringProtocol) -> Bool {
        let pattern = self.path.split(separator: "/")
        let parts = path.split(separator: "/")
        return pattern.count == parts.count
            && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
