internal import Tenancy

/// What somebody types to say who they are when they sign in: a username or an email address. Only an address holds an `@`,
/// so that it is never unclear which one is meant.
struct SignInName: Sendable {
    /// As it was typed.
    let text: String
    /// The same for every spelling.
    let normalForm: String
    private let isEmail: Bool

    init(_ text: String) {
        self.text = text
        let address = EmailAddress.normalForm(of: text)
        isEmail = address.contains("@")
        normalForm = isEmail ? address : text.lowercased()
    }

    /// The user, with the hash of their password.
    func find(in database: DatabaseHandle) async throws -> (UserAccount, passwordHash: String?)? {
        if isEmail { return try await EmailRepository(database).findForSignIn(text) }
        // MySQL compares without regard to accents and to blanks at the end; whoever is counted for one spelling must not
        // be let in by another.
        return try await UserRepository(database).findForSignIn(username: text)
            .flatMap { $0.0.username.lowercased() == normalForm ? $0 : nil }
    }
}
