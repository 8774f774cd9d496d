internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Turns the result of a request to one route into an answer: an error becomes a problem document or a page; every
/// answer gets its headers and is counted.
struct ErrorRenderingResponder: Sendable {
    let recorder: RouteRecorder
    let medium: Endpoint.Medium
    let pages: Pages
    let time: any TimeSource
    /// Whether browsers use TLS, and should use nothing else.
    let isSecure: Bool

    func answer(
        _ request: Request, _ context: UnifyRequestContext, _ body: () async throws -> GateAnswer
    ) async -> Response {
        let started = time.monotonicNow
        var response: Response
        var userID: UserID?
        do {
            let answer = try await body()
            (response, userID) = (answer.response, answer.userID)
        } catch {
            let failure = error as? FailedRequest
            userID = failure?.userID
            let cause = failure?.cause ?? error
            let problem = Problem(cause)
            context.note(cause, problem, at: recorder.route)
            response =
                medium == .page
                ? await pages.answer(problem, to: request, id: context.requestID)
                : problem.response()
        }
        if !response.body.isSmall { response.body = response.body.inPieces() }
        harden(&response, context)
        recorder.record(request, response, context, of: userID, time.monotonicNow - started)
        return response
    }

    private func harden(_ response: inout Response, _ context: UnifyRequestContext) {
        response.headers.append(HTTPField(name: .xRequestID, value: context.requestID))
        for field in medium.hardening { response.headers.append(field) }
        if isSecure { response.headers.append(Endpoint.Medium.onlyByTLS) }
    }
}

extension Endpoint.Medium {
    /// Headers that restrict what browsers allow.
    fileprivate var hardening: [HTTPField] {
        switch self {
        case .program: Self.programHardening
        case .page: Self.pageHardening
        case .asset: Self.assetHardening
        }
    }

    /// For a year; for this host alone, since nothing is known here of the others in its domain.
    fileprivate static let onlyByTLS = HTTPField(name: .strictTransportSecurity, value: "max-age=31536000")
    private static let ownOrigin = HTTPField(name: .crossOriginResourcePolicy, value: "same-origin")
    private static let noSniffing = HTTPField(name: .xContentTypeOptions, value: "nosniff")
    private static let noContent = HTTPField(
        name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'")
    private static let noReferrer = HTTPField(name: .referrerPolicy, value: "no-referrer")
    private static let noStore = HTTPField(name: .cacheControl, value: "no-store")

    private static let programHardening = [noSniffing, noContent, noReferrer, noStore, ownOrigin]

    /// Pages contain only their text, and nothing is loaded from other hosts. A referrer is needed, because without
    /// it browsers would not send a form's origin.
    private static let pageHardening = [
        noSniffing, noStore, HTTPField(name: .referrerPolicy, value: "same-origin"),
        HTTPField(
            name: .contentSecurityPolicy,
            value: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
        HTTPField(name: .crossOriginOpenerPolicy, value: "same-origin"), ownOrigin,
        HTTPField(
            name: .permissionsPolicy,
            value: "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]

    private static let assetHardening = [
        noSniffing, noContent, noReferrer, ownOrigin,
        HTTPField(name: .cacheControl, value: "public, max-age=31536000, immutable"),
    ]
}
