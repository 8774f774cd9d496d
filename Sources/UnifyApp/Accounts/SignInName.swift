internal import Tenancy

/// The username or email address entered at sign-in. Only an address contains an `@`, so there is no ambiguity.
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
        // MySQL ignores accents and trailing blanks in comparisons; an attempt counted for one spelling must not
        // succeed for another.
        return try await UserRepository(database).findForSignIn(username: text)
            .flatMap { $0.0.username.lowercased() == normalForm ? $0 : nil }
    }
}
