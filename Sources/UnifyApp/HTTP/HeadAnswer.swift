internal import HTTPTypes
internal import Hummingbird

/// Thrown once a HEAD request needs nothing more: what would follow only makes the content.
struct HeadAnswer: Error {
    /// What GET's answer says of its content; nil for what is usual on such a route.
    private(set) var headers: HTTPFields?

    /// Without a length, which only the content would tell (RFC 9110, section 9.3.2).
    func response(as medium: Endpoint.Medium) -> Response {
        let type = medium == .page ? "text/html; charset=utf-8" : "application/json; charset=utf-8"
        var response = Response(status: .ok, headers: headers ?? [.contentType: type])
        response.headers[.contentLength] = nil
        return response
    }
}

extension Response {
    /// The same without its content. Unlike Hummingbird's own, it states no length where none is known.
    var withoutContent: Response {
        var head = createHeadResponse()
        head.headers[.contentLength] = headers[.contentLength]
        return head
    }
}
