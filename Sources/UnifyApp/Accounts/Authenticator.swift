internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// Identifies the user of a request, and detects requests forged by another site.
struct Authenticator: Sendable {
    let accounts: Accounts
    let publicURL: PublicURL?
    let cookie: TokenCookie

    init(accounts: Accounts, publicURL: PublicURL?, cookieName: String) {
        self.accounts = accounts
        self.publicURL = publicURL
        cookie = .session(cookieName, isSecure: publicURL?.isSecure ?? false)
    }

    /// The valid session of a request: by the token in its `Authorization` header, otherwise by its cookie.
    /// - Parameter isUse: see ``Accounts/session(of:isUse:)``.
    func session(of request: Request, isUse: Bool = true) async throws -> SignedInSession? {
        if let header = request.headers[.authorization] {
            guard let token = Self.bearerToken(header) else { return nil }
            return try await accounts.session(of: SessionToken(text: token), isUse: isUse)
        }
        guard let token = cookie.token(in: request) else { return nil }
        var session = try await accounts.session(of: token, isUse: isUse)
        session?.isFromCookie = true
        return session
    }

    static func bearerToken(_ header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= 200 else { return nil }
        return String(parts[1])
    }

    /// - Throws: ``Problem`` `cross_site_request` (403) if a changing request may come from another site's page.
    func refuseCrossSite(_ request: Request, session: SignedInSession?) throws {
        guard ![.get, .head, .options].contains(request.method) else { return }
        if request.headers[.origin] != nil || request.headers[.secFetchSite] != nil {
            // A browser's statement of the request's origin counts, with or without a cookie.
            guard session?.isFromCookie == false || isSameSite(request) else { throw Problem.crossSiteRequest }
        } else if session?.isFromCookie == true, request.headers[.xRequestedWith] == nil {
            throw Problem.crossSiteRequest
        }
    }

    private func isSameSite(_ request: Request) -> Bool {
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" { return false }
        guard let origin = request.headers[.origin] else { return true }
        if let publicURL { return origin.lowercased() == publicURL.origin }
        guard let authority = request.head.authority?.lowercased() else { return false }
        return ["http://\(authority)", "https://\(authority)"].contains(origin.lowercased())
    }
}
