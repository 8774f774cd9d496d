internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Tenancy

/// A whole request with its user.
struct RequestScope: Sendable {
    private static let maxShortBodyBytes = 16 * 1024

    let request: Request
    /// All of it; empty for requests that read.
    let body: ByteBuffer
    let context: UnifyRequestContext
    let session: SignedInSession?
    let proxies: TrustedProxies

    /// - Throws: ``Problem`` `not_signed_in` (401).
    func requireSession() throws -> SignedInSession {
        guard let session else { throw Problem.notSignedIn }
        return session
    }

    var client: Client { Client(of: request, context, behind: proxies) }

    /// Logs what a problem that a form shows hides from whoever reads it.
    func noteHidden(in error: any Error) {
        guard let problem = error as? Problem, problem.cause != nil else { return }
        context.note(problem, problem, at: request.uri.path)
    }

    var query: QueryReader {
        QueryReader(request.uri.query, reader: session?.owner.id, isHead: request.method == .head)
    }

    /// Answers a HEAD request. What follows must only make the content, and neither refuse nor redirect.
    /// - Parameter headers: what GET's answer says of its content; nil for what is usual on such a route.
    func finishHead(_ headers: HTTPFields? = nil) throws {
        if request.method == .head { throw HeadAnswer(headers: headers) }
    }

    /// The number in the path; throws not found if it is not a number.
    func pathID(_ name: String = "id") throws -> Int64 {
        guard let text = context.parameters.get(name), let id = Int64(text), id >= 1, String(id) == text else {
            throw Problem.notFound
        }
        return id
    }

    func pathUserID() throws -> UserID {
        guard let id = UserID(try pathID()) else { throw Problem.notFound }
        return id
    }

    /// The body as the members of a JSON object.
    /// - Parameter names: the members that the route has. Each other one is an error of the fields.
    /// - Throws: ``Problem``: 415, 400, or 422 if it is JSON but not an object.
    func fields(_ names: [String]) async throws -> FieldReader {
        try requireJSON()
        return try FieldReader(await json(body), names: names)
    }

    /// The same; a request without a body counts as an empty object.
    func optionalFields(_ names: [String]) async throws -> FieldReader {
        guard body.readableBytes > 0 else { return FieldReader(members: [:]) }
        return try await fields(names)
    }

    /// The body as the fields of a form.
    /// - Throws: ``Problem``: 415, 400.
    func form() throws -> FormFields {
        let type = request.headers[.contentType]?.split(separator: ";").first ?? ""
        guard type.trimmingSpaces().lowercased() == "application/x-www-form-urlencoded" else {
            throw Problem(
                status: .unsupportedMediaType, code: "unsupported_media_type",
                detail: "Send Content-Type: application/x-www-form-urlencoded.")
        }
        return FormFields(URLEncodedPairs(body))
    }

    /// A large body is read elsewhere, so that others on the connection's thread do not wait for it.
    private func json(_ body: ByteBuffer) async throws -> JSONValue {
        guard body.readableBytes > Self.maxShortBodyBytes else { return try JSONReader.read(body) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try JSONReader.read(body) }
    }

    private func requireJSON() throws {
        let type = request.headers[.contentType]?.split(separator: ";").first ?? ""
        guard type.trimmingSpaces().lowercased() == "application/json" else { throw Problem.unsupportedMediaType }
    }
}

extension Substring {
    func trimmingSpaces() -> Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
