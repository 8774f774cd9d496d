internal import Hummingbird
internal import Tenancy

/// Asks for the password again on a page before a dangerous action, and then continues with the form's original
/// values.
struct PasswordConfirmation: Sendable {
    let renderer: PageRenderer
    let actions: AccountActions

    private struct Kept {
        let name: String
        let value: String
    }

    private struct View {
        let what: String
        let action: String
        let cancel: String
        let username: String
        let kept: [Kept]
        let general: String?
        let fields: [FieldView]
    }

    /// - Parameters:
    ///   - what: the action, such as `Suspend ada`.
    ///   - names: the form's fields to keep.
    ///   - cancel: the path back.
    /// - Returns: the page that asks; nil if the password was confirmed recently, or with this form.
    func page(
        for what: String, _ form: FormFields, keeping names: [String] = [], cancel: String, _ scope: RequestScope
    ) async throws -> Response? {
        let session = try scope.requireSession()
        guard !session.isConfirmed(at: renderer.time.wallNow) else { return nil }
        var errors = FormErrors.none
        if form.has("password") {
            do {
                var fields = try form.reader(texts: ["password"], optional: ["code"])
                try await actions.confirm(&fields, of: session, from: scope.client)
                return nil
            } catch {
                errors = try FormErrors(error)
            }
        }
        var fields = [
            FieldView("password", "Your password", type: "password", errors: errors).with {
                ($0.autocomplete, $0.isRequired, $0.hasFocus) = ("current-password", true, true)
            }
        ]
        if session.hasSecondFactor {
            fields.append(
                FieldView("code", "Code from your app", errors: errors).with {
                    ($0.autocomplete, $0.isRequired) = ("one-time-code", true)
                })
        }
        let view = View(
            what: what, action: scope.request.uri.path, cancel: cancel, username: session.user.username,
            kept: names.map { Kept(name: $0, value: form[$0]) }, general: errors.general,
            fields: fields)
        return renderer.page(
            .confirm, view, title: "Confirm that it is you", for: scope, status: errors.status)
    }
}
