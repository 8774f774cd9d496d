internal import Hummingbird
internal import Tenancy

/// Welcome, signing up, in and out.
struct SignInPages: Sendable {
    let renderer: PageRenderer
    let actions: AccountActions
    let authenticator: Authenticator
    let isMultiTenant: Bool
    let deletionGrace: Duration

    var endpoints: [Endpoint] {
        [
            .page(.get, "/", .anyone, welcome), .page(.get, "/sign-up", .anyone, showSignUp),
            .page(.post, "/sign-up", .anyone, signUp), .page(.get, "/sign-in", .anyone, showSignIn),
            .page(.post, "/sign-in", .anyone, signIn), .page(.get, Self.codePath, .anyone, showCode),
            .page(.post, Self.codePath, .anyone, giveCode), .page(.post, "/sign-out", .anyone, signOut),
        ]
    }

    private static let home = PagePlace.tasks.path

    private struct WelcomeView {
        let isMultiTenant: Bool
        let grace: String?
        let takesNewAccounts: Bool
    }

    private var takesNewAccounts: Bool { actions.policy != .closed }

    private func welcome(_ scope: RequestScope) async throws -> Response {
        if try await authenticator.session(of: scope.request) != nil { return .seeOther(Self.home) }
        let view = WelcomeView(
            isMultiTenant: isMultiTenant, grace: GraceText.text(deletionGrace), takesNewAccounts: takesNewAccounts)
        return renderer.page(.welcome, view, title: "Welcome", for: scope)
    }

    // MARK: Signing up

    private struct SignUpView {
        let general: String?
        let fields: [FieldView]
    }

    private func showSignUp(_ scope: RequestScope) async throws -> Response {
        guard takesNewAccounts else { throw Problem.registrationClosed }
        var query = scope.query
        return signUpPage(FormFields(), .none, scope, invitation: query.text("invitation", maxLength: 100) ?? "")
    }

    private func signUp(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        do {
            var fields = try form.reader(
                texts: ["username", "email", "password"], optional: ["invitation"])
            let (created, token) = try await actions.register(&fields, from: scope.client)
            return signedIn(created.user, token, to: Self.home)
        } catch {
            scope.noteHidden(in: error)
            return signUpPage(form, try FormErrors(error), scope, invitation: form["invitation"])
        }
    }

    private func signUpPage(
        _ form: FormFields, _ errors: FormErrors, _ scope: RequestScope, invitation: String
    ) -> Response {
        var fields = [
            FieldView("username", "Username", value: form["username"], errors: errors).with {
                ($0.autocomplete, $0.maxLength, $0.isRequired) = ("username", AccountRules.maxUsername, true)
                $0.hint = "Letters, digits, dots, underscores and hyphens."
                $0.hasFocus = true
            },
            FieldView("email", "Email", type: "email", value: form["email"], errors: errors).with {
                ($0.autocomplete, $0.maxLength, $0.isRequired) = ("email", AccountRules.maxEmail, true)
            },
            FieldView("password", "Password", type: "password", errors: errors).with {
                ($0.autocomplete, $0.maxLength, $0.isRequired) = ("new-password", PasswordRules.maxBytes, true)
                $0.hint = PasswordRules.hint
            },
        ]
        if actions.policy == .invite {
            fields.append(
                FieldView("invitation", "Invitation code", value: invitation, errors: errors).with {
                    ($0.autocomplete, $0.maxLength, $0.isRequired) = ("off", 100, true)
                })
        }
        return renderer.page(
            .signUp, SignUpView(general: errors.general, fields: FieldView.focusingOnFault(fields)),
            title: "Create an account", for: scope,
            status: errors.status)
    }

    // MARK: Signing in and out

    private struct SignInView {
        let general: String?
        let next: String
        let fields: [FieldView]
        let takesNewAccounts: Bool
    }

    private func showSignIn(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let next = query.text("next", maxLength: 1000) ?? Self.home
        if try await authenticator.session(of: scope.request) != nil {
            return .seeOther(LocalPath.checked(next, else: Self.home))
        }
        return signInPage(FormFields(), next: next, .none, scope)
    }

    private func signIn(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        do {
            var fields = try form.reader(texts: ["username", "password"])
            switch try await actions.signInOnPage(&fields, from: scope.client) {
            case .signedIn(let new): return signedIn(new, next: form["next"])
            case .needsCode(let pending):
                var response = Response.seeOther(LocalPath.query(Self.codePath, ["next": form["next"]]))
                response.setCookie(actions.pendingCookie.holding(pending, for: PendingSignInRepository.lifetime))
                return response
            }
        } catch {
            scope.noteHidden(in: error)
            return signInPage(form, next: form["next"], try FormErrors(error), scope)
        }
    }

    private static let codePath = "/sign-in/code"

    private struct CodeView {
        let username: String
        let general: String?
        let next: String
        let fields: [FieldView]
    }

    /// The token of a sign-in that waits for its code; it is in this browser alone.
    private func pending(_ scope: RequestScope) -> SessionToken? {
        actions.pendingCookie.token(in: scope.request)
    }

    private func showCode(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        return try await codePage(next: query.text("next", maxLength: 1000) ?? Self.home, .none, scope)
    }

    private func giveCode(_ scope: RequestScope) async throws -> Response {
        let form = try scope.form()
        guard let pending = pending(scope) else { return .seeOther("/sign-in", notice: .signInEnded) }
        do {
            var fields = try form.reader(texts: ["code"])
            let new = try await actions.finishSignIn(&fields, of: pending, from: scope.client)
            var response = signedIn(new, next: form["next"])
            response.setCookie(actions.pendingCookie.forgotten)
            return response
        } catch let problem as Problem where problem.code == Problem.invalidCredentials.code {
            return try await codePage(next: form["next"], try FormErrors(Problem.invalidCode), scope)
        } catch let problem as Problem where problem.code == Problem.notSignedIn.code {
            return .seeOther("/sign-in", notice: .signInEnded)
        } catch {
            scope.noteHidden(in: error)
            return try await codePage(next: form["next"], try FormErrors(error), scope)
        }
    }

    private func codePage(next: String, _ errors: FormErrors, _ scope: RequestScope) async throws -> Response {
        guard let pending = pending(scope), let user = try await actions.accounts.pendingUser(of: pending) else {
            return .seeOther("/sign-in", notice: .signInEnded)
        }
        let view = CodeView(
            username: user.username, general: errors.general, next: next,
            fields: [
                FieldView("code", "Code", errors: errors).with {
                    ($0.autocomplete, $0.isRequired, $0.hasFocus) = ("one-time-code", true, true)
                }
            ])
        return renderer.page(.signInCode, view, title: "Your code", for: scope, status: errors.status)
    }

    private func signedIn(_ new: Accounts.SignedIn, next: String) -> Response {
        signedIn(
            new.user, new.token, to: LocalPath.checked(next, else: Self.home),
            notice: new.failedTries > 0 ? .failedTries : nil)
    }

    private func signInPage(
        _ form: FormFields, next: String, _ errors: FormErrors, _ scope: RequestScope
    ) -> Response {
        let fields = [
            FieldView("username", "Username or email", value: form["username"], errors: errors).with {
                ($0.autocomplete, $0.isRequired, $0.hasFocus) = ("username", true, true)
            },
            FieldView("password", "Password", type: "password", errors: errors).with {
                ($0.autocomplete, $0.isRequired) = ("current-password", true)
            },
        ]
        let view = SignInView(
            general: errors.general, next: next, fields: fields, takesNewAccounts: takesNewAccounts)
        return renderer.page(.signIn, view, title: "Sign in", for: scope, status: errors.status)
    }

    private func signOut(_ scope: RequestScope) async throws -> Response {
        // A client whose session has already ended is signed out as well.
        if let session = try await authenticator.session(of: scope.request), session.access == nil {
            try authenticator.refuseCrossSite(scope.request, session: session)
            try await actions.accounts.signOut(session)
        }
        var response = Response.seeOther("/sign-in", notice: .signedOut)
        response.setCookie(actions.cookie.forgotten)
        return response
    }

    private func signedIn(_ user: UserAccount, _ token: SessionToken, to path: String, notice: PageNotice? = nil)
        -> Response
    {
        var response = Response.seeOther(path, notice: notice)
        response.setCookie(actions.sessionCookie(of: token, for: user))
        return response
    }
}
