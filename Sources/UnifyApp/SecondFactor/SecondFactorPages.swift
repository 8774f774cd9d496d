internal import Hummingbird
internal import Tenancy

/// The pages by which a user switches codes from an app on and off.
struct SecondFactorPages: Sendable {
    let renderer: PageRenderer
    let actions: AccountActions

    private var accounts: Accounts { actions.accounts }

    var endpoints: [Endpoint] {
        [
            .page(.get, Self.path, .user) { try await page($0) },
            .page(.post, Self.path, .user, begin), .page(.post, "\(Self.path)/confirm", .user, confirm),
            .page(.post, "\(Self.path)/recovery-codes", .user, renew), .page(.post, "\(Self.path)/off", .user, end),
        ]
    }

    static let path = "/account/second-factor"

    /// The forms that can be refused.
    private enum RefusedForm { case begin, confirm, renewal, end }

    private struct Form {
        let general: String?
        let fields: [FieldView]
        let isOpen: Bool
    }

    private struct Setup {
        let secret: String
        let url: String
        let size: Int
        let codePath: String
        let form: Form
    }

    private struct View {
        let username: String
        let since: String?
        let isOff: Bool
        let recoveryCodesLeft: Int
        let begin: Form
        let renewal: Form
        let end: Form
        let setup: Setup?
    }

    private func page(
        _ scope: RequestScope, setup: SecondFactorSetup? = nil, refused: RefusedForm? = nil,
        errors: FormErrors = .none
    ) async throws -> Response {
        let user = try scope.requireSession().user
        try scope.finishHead()
        let factor = try await accounts.secondFactor(of: user.id)
        let time = renderer.time(of: scope)
        func form(_ which: RefusedForm, _ fields: (FormErrors) -> [FieldView]) -> Form {
            let errors = refused == which ? errors : .none
            return Form(general: errors.general, fields: fields(errors), isOpen: refused == which)
        }
        let view = View(
            username: user.username, since: factor?.confirmedAt.map { time.day(of: $0).long },
            isOff: factor?.confirmedAt == nil, recoveryCodesLeft: factor?.recoveryCodes ?? 0,
            begin: form(.begin) { [Self.password("begin", $0)] },
            renewal: form(.renewal) { [Self.password("renewal", $0), Self.code("renewal", $0)] },
            end: form(.end) { [Self.password("end", $0), Self.code("end", $0)] },
            setup: setup.map { setup in
                Setup(
                    secret: setup.grouped, url: setup.url.unsafeReveal(), size: setup.code.size,
                    codePath: setup.code.path, form: form(.confirm) { [Self.code("confirm", $0)] })
            })
        return renderer.page(
            .secondFactor, view, title: "Codes from your app", at: .account, for: scope, status: errors.status)
    }

    private static func password(_ form: String, _ errors: FormErrors) -> FieldView {
        FieldView("password", "Your password", type: "password", errors: errors).with {
            ($0.autocomplete, $0.isRequired, $0.id) = ("current-password", true, "\(form)-password")
        }
    }

    private static func code(_ form: String, _ errors: FormErrors) -> FieldView {
        FieldView("code", "Code from your app", errors: errors).with {
            ($0.autocomplete, $0.isRequired, $0.id) = ("one-time-code", true, "\(form)-code")
            $0.hint = form == "confirm" ? "Six digits." : "Six digits, or a recovery code."
        }
    }

    private func begin(_ scope: RequestScope) async throws -> Response {
        do {
            var fields = try scope.form().reader(texts: ["password"])
            let setup = try await actions.beginSecondFactor(
                &fields, of: try scope.requireSession(), from: scope.client)
            return try await page(scope, setup: setup)
        } catch {
            return try await page(scope, refused: .begin, errors: try FormErrors(error))
        }
    }

    private func confirm(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        do {
            var fields = try scope.form().reader(texts: ["code"])
            let codes = try await actions.confirmSecondFactor(&fields, of: session, from: scope.client)
            return recoveryCodes(codes, scope)
        } catch {
            let errors = try FormErrors(error)
            return try await page(
                scope, setup: try await accounts.pendingSecondFactor(of: session), refused: .confirm,
                errors: errors)
        }
    }

    private func renew(_ scope: RequestScope) async throws -> Response {
        do {
            var fields = try scope.form().reader(texts: ["password", "code"])
            let codes = try await actions.renewRecoveryCodes(
                &fields, of: try scope.requireSession(), from: scope.client)
            return recoveryCodes(codes, scope)
        } catch {
            return try await page(scope, refused: .renewal, errors: try FormErrors(error))
        }
    }

    private func end(_ scope: RequestScope) async throws -> Response {
        do {
            var fields = try scope.form().reader(texts: ["password", "code"])
            try await actions.endSecondFactor(&fields, of: try scope.requireSession(), from: scope.client)
            return .seeOther(PagePlace.account.path, notice: .secondFactorOff)
        } catch {
            return try await page(scope, refused: .end, errors: try FormErrors(error))
        }
    }

    private struct RecoveryCodesView {
        let codes: [String]
    }

    private func recoveryCodes(_ codes: [String], _ scope: RequestScope) -> Response {
        renderer.page(
            .recoveryCodes, RecoveryCodesView(codes: codes), title: "Recovery codes", at: .account, for: scope)
    }
}
