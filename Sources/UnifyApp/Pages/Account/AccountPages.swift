internal import Hummingbird
internal import Tenancy

/// A user's account: where their data is, their sessions, who accessed their data, and deleting it.
struct AccountPages: Sendable {
    /// Sessions that a page shows.
    static let sessionPageSize = 20
    /// Accesses of administrators that a page shows.
    static let accessPageSize = 20
    static let securityEventLimit = 20

    let renderer: PageRenderer
    let actions: AccountActions
    let manager: MultiTenantDatabaseManager
    let limits: UserLimits
    let isMultiTenant: Bool
    let deletionGrace: Duration

    private var accounts: Accounts { actions.accounts }

    var endpoints: [Endpoint] {
        [
            .page(.get, "/account", .user) { try await page($0) }.urgent,
            .page(.post, "/account/password", .user, changePassword).urgent,
            .page(.post, "/account/username", .user, changeUsername),
            .page(.post, "/account/email", .user, changeEmail),
            .page(.post, "/account/sessions/end-others", .user, endOthers).urgent,
            .page(.post, "/account/sessions/{id}/end", .user, endSession).urgent,
            .page(.post, "/account/accesses/{id}/end", .user, endAccess).urgent,
            .page(.post, "/account/delete", .user, delete),
        ]
    }

    private static let path = PagePlace.account.path

    /// The forms of the page that can be refused.
    enum RefusedForm { case username, email, password, deletion }

    private func page(
        _ scope: RequestScope, refused: RefusedForm? = nil, errors: FormErrors = .none, typed: String = ""
    ) async throws -> Response {
        let session = try scope.requireSession()
        var query = scope.query
        let place = ListPlace(&query, path: Self.path)
        let newerSession = query.number("sessions")
        try query.finish()
        let config = isMultiTenant ? try await manager.loadUserDatabaseConfig(session.user.id) : nil
        let accesses = try await accounts.accesses(
            to: session.user.id, before: place.cursor?.id, limit: Self.accessPageSize + 1)
        var view = AccountView(
            session, engine: config?.engine ?? accounts.main.engine.kind, time: renderer.time(of: scope))
        if let config { view.add(await manager.statistics(of: config), limits: limits) }
        let sessions = ListPage(
            cutting: try await accounts.sessions(
                of: session.user, before: newerSession, limit: Self.sessionPageSize + 1),
            to: Self.sessionPageSize, by: { $0.summary.id })
        view.add(sessions, isFirst: newerSession == nil, current: session.id)
        let shown = ListPage(cutting: accesses, to: Self.accessPageSize) { $0.access.id }
        view.add(shown.rows, next: shown.next, place: place)
        view.add(
            try await accounts.securityEvents(of: session.user.id, before: nil, limit: Self.securityEventLimit))
        view.grace = GraceText.text(deletionGrace)
        view.setForms(refused: refused, errors: errors, typed: typed)
        return renderer.page(.account, view, title: "Account", at: .account, for: scope, status: errors.status)
    }

    private func changePassword(_ scope: RequestScope) async throws -> Response {
        do {
            var fields = try scope.form().reader(texts: ["current_password", "new_password"])
            let cookie = try await actions.changePassword(&fields, of: try scope.requireSession(), from: scope.client)
            var response = Response.seeOther(Self.path, notice: .passwordChanged)
            if let cookie { response.setCookie(cookie) }
            return response
        } catch {
            return try await page(scope, refused: .password, errors: try FormErrors(error))
        }
    }

    private func changeUsername(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        do {
            var fields = try form.reader(texts: ["username", "password"])
            _ = try await actions.changeUsername(&fields, of: try scope.requireSession(), from: scope.client)
            return .seeOther(Self.path, notice: .usernameChanged)
        } catch {
            return try await page(
                scope, refused: .username, errors: try FormErrors(error), typed: form["username"])
        }
    }

    private func changeEmail(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        do {
            var fields = try form.reader(texts: ["email", "password"])
            _ = try await actions.changeEmail(&fields, of: try scope.requireSession(), from: scope.client)
            return .seeOther(Self.path, notice: .emailChanged)
        } catch {
            return try await page(scope, refused: .email, errors: try FormErrors(error), typed: form["email"])
        }
    }

    private func endSession(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        let id = try scope.pathID()
        try await accounts.endSession(id, of: session.user.id, from: scope.client)
        return .seeOther(
            id == session.id ? "/sign-in" : Self.path, notice: id == session.id ? .signedOut : .sessionEnded)
    }

    private func endOthers(_ scope: RequestScope) async throws -> Response {
        try await accounts.endOtherSessions(than: try scope.requireSession(), from: scope.client)
        return .seeOther(Self.path, notice: .sessionsEnded)
    }

    private func endAccess(_ scope: RequestScope) async throws -> Response {
        try await accounts.endAccess(try scope.pathID(), of: try scope.requireSession().user.id)
        return .seeOther(Self.path, notice: .accessEnded)
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        do {
            let session = try scope.requireSession()
            let form = try scope.form()
            var fields = try form.reader(texts: ["password"])
            if form["confirm"] != session.user.username {
                fields.reject("confirm", "must be your username: \(session.user.username)")
            }
            try await actions.delete(&fields, of: session, from: scope.client)
            var response = Response.seeOther("/sign-in", notice: .accountDeleted)
            response.setCookie(actions.cookie.forgotten)
            return response
        } catch {
            return try await page(scope, refused: .deletion, errors: try FormErrors(error))
        }
    }
}
