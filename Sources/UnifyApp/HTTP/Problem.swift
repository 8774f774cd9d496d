internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// An error as a client sees it: a problem document (RFC 9457). Holds no SQL, no path, no secret.
struct Problem: Error {
    struct FieldError: Hashable {
        let field: String
        let message: String

        /// A member that a route does not have, and that is not repeated in full.
        static func unknownMember(_ name: String, among names: [String]) -> FieldError {
            FieldError(field: start(of: name), message: "is unknown; the members are \(names.joined(separator: ", "))")
        }

        fileprivate static func start(of name: String) -> String { String(name.unicodeScalars.prefix(50)) }
    }

    /// Wrong fields that one answer names.
    static let maxFieldErrors = 20

    let status: HTTPResponse.Status
    let code: String
    let detail: String
    var errors: [FieldError] = []
    /// Seconds after which a retry makes sense.
    var retryAfter: Int?
    /// The methods that the resource knows, for 405.
    var allow: [HTTPRequest.Method] = []
    /// What the client is not told, for the operator's log.
    var cause: (any Error)?

    static let notSignedIn = Problem(
        status: .unauthorized, code: "not_signed_in", detail: "Sign in first: POST /api/login.")
    static let invalidCredentials = Problem(
        status: .unauthorized, code: "invalid_credentials", detail: "The username or the password is wrong.")
    static let adminRequired = Problem(
        status: .forbidden, code: "admin_required", detail: "Only an administrator may do this.")
    static let readOnlyAccess = Problem(
        status: .forbidden, code: "read_only_access",
        detail: "This token is for reading a user's tasks, notes and events, and for nothing else.")
    static let administratorsData = Problem(
        status: .forbidden, code: "administrators_data",
        detail:
            "Nobody else can read an administrator's data. If there is a reason to, remove their administrator rights first."
    )
    static let confirmationRequired = Problem(
        status: .forbidden, code: "confirmation_required",
        detail: "This asks for the password again: POST /api/me/confirm, then send the request anew within 5 minutes.")
    static let secondFactorRequired = Problem(
        status: .unauthorized, code: "second_factor_required",
        detail: "This account needs a code from its app as well: send it as the member code.")
    static let secondFactorMissing = Problem(
        status: .forbidden, code: "second_factor_setup_required",
        detail: "Administrators need a second factor. Set one up first, on your account page.")
    static let secondFactorOn = Problem(
        status: .conflict, code: "second_factor_on", detail: "The second factor is switched on already.")
    static let secondFactorOff = Problem(
        status: .conflict, code: "second_factor_off", detail: "The second factor is not switched on.")
    static let invalidCode = Problem(
        status: .unauthorized, code: "invalid_code",
        detail: "The code is wrong. See that the clock of your device is right, and type the newest code.")
    static let suspended = Problem(
        status: .forbidden, code: "account_suspended", detail: "This account is suspended.")
    static let deleted = Problem(
        status: .forbidden, code: suspended.code,
        detail: "This account is deleted. Until its grace ends, an administrator can restore it.")
    static let crossSiteRequest = Problem(
        status: .forbidden, code: "cross_site_request",
        detail: "With the session cookie, a request that changes something must come from the same site: "
            + "send Origin, Sec-Fetch-Site or X-Requested-With.")
    static let localOnly = Problem(
        status: .forbidden, code: "forbidden", detail: "Ask from this machine, or send the metrics token.")
    static let tokenOnly = Problem(
        status: .forbidden, code: "forbidden",
        detail: "Send the metrics token, or ask on the operations port: the server is behind a public URL.")
    static let misdirected = Problem(
        status: .misdirectedRequest, code: "misdirected_request", detail: "This server does not answer for that host.")
    static let notFound = Problem(status: .notFound, code: "not_found", detail: "There is nothing here.")
    static let bodyTooLarge = Problem(
        status: .contentTooLarge, code: "body_too_large", detail: "The body is larger than 1 MiB.")
    static let tooManyValues = invalidFields([
        .init(field: "", message: "The body must hold at most \(JSONReader.maxValues) values.")
    ])

    /// A member that no route has, and that is not repeated in full.
    static func nameTooLong(_ name: String) -> Problem {
        invalidFields([
            .init(
                field: FieldError.start(of: name),
                message: "must have a name of at most \(JSONReader.maxNameBytes) bytes")
        ])
    }

    static let bodyIncomplete = Problem(
        status: .badRequest, code: "body_incomplete", detail: "The body ended before its end.")
    static let unsupportedMediaType = Problem(
        status: .unsupportedMediaType, code: "unsupported_media_type", detail: "Send Content-Type: application/json.")
    static let encodedBody = Problem(
        status: .unsupportedMediaType, code: unsupportedMediaType.code,
        detail: "Send the body as it is, without Content-Encoding.")
    static let internalFailure = Problem(
        status: .internalServerError, code: "internal_failure",
        detail: "Something went wrong here; the operator's log has it under this request's id.")

    /// - Parameters:
    ///   - rule: the broken rule.
    ///   - offset: the byte at which it is broken.
    static func malformedJSON(_ rule: String, at offset: Int) -> Problem {
        Problem(
            status: .badRequest, code: "malformed_json",
            detail: "The body is not JSON as it is read here: \(rule), at byte \(offset).")
    }

    static func methodNotAllowed(_ allow: [HTTPRequest.Method]) -> Problem {
        Problem(
            status: .methodNotAllowed, code: "method_not_allowed", detail: "This resource does not know that method.",
            allow: allow)
    }

    /// Lists the first ``maxFieldErrors`` errors.
    static func invalidFields(_ errors: [FieldError]) -> Problem {
        let told = Array(errors.prefix(maxFieldErrors))
        let detail =
            told.count < errors.count ? "Many fields break a rule; these are the first." : "Some fields break a rule."
        return Problem(status: .unprocessableContent, code: "invalid_fields", detail: detail, errors: told)
    }

    static func tooManyTries(retryAfter: Int) -> Problem {
        Problem(
            status: .tooManyRequests, code: "too_many_tries", detail: "Too many tries; wait a little.",
            retryAfter: retryAfter)
    }

    static let tooManyRequests = Problem(
        status: .tooManyRequests, code: "too_many_requests", detail: "Too many requests at once; wait a little.",
        retryAfter: 1)
    static let listingTooSlow = unavailable(
        "search_too_slow", "The list took too long to read. Try again; if you searched, narrow the search down.")
    static func storageFull(forNewAccount isForAccount: Bool) -> Problem {
        let detail = "There is no room for more right now. What is there can be read and deleted."
        if isForAccount { return .unavailable("storage_full", detail) }
        return Problem(status: databaseFull.status, code: "storage_full", detail: detail)
    }

    static let noPlaceForAccounts = unavailable(
        "no_place_for_accounts", "Your account cannot be set up right now. Please try again later.")

    /// Translates errors of provisioning for a user who only wants an account: the database's place is not their
    /// choice, so errors about it are not their mistake.
    static func settingUpAccount<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as TenancyError
            where [.serverNotFound, .engineUnavailable, .invalidConfiguration].contains(error.code)
        {
            var problem = noPlaceForAccounts
            problem.cause = error
            throw problem
        }
    }

    static let registrationClosed = Problem(
        status: .forbidden, code: "registration_closed", detail: "New accounts are made by an administrator alone.")
    static let invitationRequired = Problem(
        status: .forbidden, code: "invitation_required",
        detail: "You need an invitation to create an account: send its code.")
    static let invitationInvalid = Problem(
        status: .forbidden, code: "invitation_invalid",
        detail: "The invitation was used, has expired, or is for another address. Ask for a new one.")
    static let linkInvalid = Problem(
        status: .forbidden, code: "link_invalid",
        detail: "This link was used, has expired, or was replaced by a newer one. Ask for a new one.")
    static let administratorsPassword = Problem(
        status: .forbidden, code: "administrators_password",
        detail: "An administrator's password is reset by the operator alone: unify user set-password.")
    static let exportRunning = Problem(
        status: .tooManyRequests, code: "export_running", detail: "Your last export is still being sent; wait for it.",
        retryAfter: 5)
    static let tooMuchUnsent = unavailable(
        "overloaded", "Too much is waiting to be read by others. Try again in a moment.")
    static let tooManyUnfinishedBodies = unavailable(
        "overloaded", "Too many large requests are on their way. Try again in a moment.")
    static let databaseFull = Problem(
        status: .init(code: 507, reasonPhrase: "Insufficient Storage"), code: "database_full",
        detail: "Your database is as large as it may be. Delete something, or ask the operator for more room.")

    static func unavailable(_ code: String, _ detail: String) -> Problem {
        Problem(status: .serviceUnavailable, code: code, detail: detail, retryAfter: 5)
    }

    func response() -> Response {
        let body = JSONWriter.object { json in
            json.member("type", "about:blank")
            json.member("title", status.reasonPhrase)
            json.member("status", status.code)
            json.member("detail", detail)
            json.member("code", code)
            guard !errors.isEmpty else { return }
            json.name("errors")
            json.array(errors) { json, error in
                json.object {
                    $0.member("field", error.field)
                    $0.member("message", error.message)
                }
            }
        }
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        if !allow.isEmpty { headers[.allow] = allow.map(\.rawValue).joined(separator: ", ") }
        // RFC 9110, section 12.5.3.
        if status == .unsupportedMediaType { headers[.acceptEncoding] = "identity" }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
