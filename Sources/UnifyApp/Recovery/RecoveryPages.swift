internal import Hummingbird
internal import Tenancy

/// The page on which a user with a link sets a new password. It works without JavaScript.
///
/// The link's token moves into a cookie at once and the browser is redirected, so that no page's address contains it:
/// neither the history, nor a referrer, nor a proxy's log has it afterwards.
struct RecoveryPages: Sendable {
    let renderer: PageRenderer
    let actions: AccountActions

    var endpoints: [Endpoint] {
        [.page(.get, PasswordLink.path, .anyone, show), .page(.post, PasswordLink.path, .anyone, set)]
    }

    private struct View {
        let username: String
        let general: String?
        let fields: [FieldView]
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let text = query.text(PasswordLink.parameter, maxLength: 100)
        try query.refuseFaults()
        guard let text else { return try await page(.none, scope) }
        // Arbitrary addresses must not set arbitrary cookies.
        guard let token = SessionToken(wellFormed: text) else { return ended }
        var response = Response.seeOther(PasswordLink.path)
        response.setCookie(actions.linkCookie.holding(token, for: PasswordLinkRepository.lifetime))
        return response
    }

    private func set(_ scope: RequestScope) async throws -> Response {
        guard let token = actions.linkCookie.token(in: scope.request) else { return ended }
        do {
            var fields = try scope.form().reader(texts: ["password"])
            try await actions.usePasswordLink(token, &fields, from: scope.client)
            var response = Response.seeOther("/sign-in", notice: .passwordSet)
            response.setCookie(actions.linkCookie.forgotten)
            return response
        } catch let problem as Problem where problem.code == Problem.linkInvalid.code {
            return ended
        } catch {
            return try await page(try FormErrors(error), scope)
        }
    }

    private func page(_ errors: FormErrors, _ scope: RequestScope) async throws -> Response {
        guard let token = actions.linkCookie.token(in: scope.request) else { return ended }
        let user: UserAccount
        do {
            user = try await actions.user(ofLink: token, from: scope.client)
        } catch let problem as Problem where problem.code == Problem.linkInvalid.code {
            return ended
        }
        let view = View(
            username: user.username, general: errors.general,
            fields: [
                FieldView("password", "New password", type: "password", errors: errors).with {
                    ($0.autocomplete, $0.maxLength, $0.isRequired) = ("new-password", PasswordRules.maxBytes, true)
                    ($0.hint, $0.hasFocus) = (PasswordRules.hint, true)
                }
            ])
        return renderer.page(.newPassword, view, title: "Set a new password", for: scope, status: errors.status)
    }

    private var ended: Response {
        var response = Response.seeOther("/sign-in", notice: .linkEnded)
        response.setCookie(actions.linkCookie.forgotten)
        return response
    }
}
