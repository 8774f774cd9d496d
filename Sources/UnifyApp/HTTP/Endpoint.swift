internal import HTTPTypes
internal import Hummingbird

/// One route: what is asked for, who may ask, and what answers.
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

    /// How long an answer takes where nothing is waited for.
    enum Cost: Sendable {
        /// Well below a millisecond: it may run on the thread of the connection.
        case short
        /// Perhaps more, so that others on the same thread would wait.
        case long
    }

    let method: HTTPRequest.Method
    let path: String
    let audience: Audience
    let cost: Cost
    let handle: @Sendable (RequestScope) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ audience: Audience, cost: Cost = .short,
        _ handle: @escaping @Sendable (RequestScope) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.audience = audience
        self.cost = cost
        self.handle = handle
    }

    /// Whether the path is this route's, whatever the method.
    func matches(path: some StringProtocol) -> Bool {
        let pattern = self.path.split(separator: "/")
        let parts = path.split(separator: "/")
        return pattern.count == parts.count
            && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
