internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Tenancy

/// Makes an answer of whatever comes of a request to one route: an error becomes a problem document or a page, and every
/// answer gets its headers and is counted.
struct RouteAnswerer: Sendable {
    let recorder: RouteRecorder
    let medium: Endpoint.Medium
    let pages: Pages
    let time: any TimeSource
    /// Whether browsers reach the server by TLS, and are to use nothing else.
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
            note(cause, problem, context)
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

    /// What a route threw on purpose says all that there is to say.
    private func note(_ error: any Error, _ problem: Problem, _ context: UnifyRequestContext) {
        guard !(error is Problem || error is AccountConflict) else { return }
        let level: Logger.Level = problem.status.code >= 500 ? .error : .debug
        context.logger.log(
            level: level, "request failed", metadata: ["path": "\(recorder.route)", "error": "\(error)"])
    }

    private func harden(_ response: inout Response, _ context: UnifyRequestContext) {
        response.headers.append(HTTPField(name: .xRequestID, value: context.requestID))
        for field in medium.hardening { response.headers.append(field) }
        if isSecure { response.headers.append(Endpoint.Medium.onlyByTLS) }
    }
}

extension Endpoint.Medium {
    /// What browsers are told to refuse.
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

    /// Nothing of a page is in the page itself but its text, and nothing comes from elsewhere. Without any referrer a
    /// browser would not say where a form comes from.
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
