internal import Tenancy

extension AccountActions {
    /// The user of a password link. Invalid links count like a stranger's wrong passwords.
    /// - Throws: ``Problem`` `link_invalid`, `too_many_tries`.
    func user(ofLink token: SessionToken, from client: Client) async throws -> UserAccount {
        try await throttle.counting(.link(network: client.network)) { try await accounts.user(ofLink: token) }
    }

    /// Sets the password that the fields hold.
    /// - Throws: ``Problem`` `link_invalid`, `too_many_tries`, `invalid_fields`, which leaves the link as it is.
    func usePasswordLink(
        _ token: SessionToken, _ fields: inout FieldReader, from client: Client
    ) async throws {
        let user = try await user(ofLink: token, from: client)
        let password = fields.checked("password") {
            PasswordRules.fault(in: Secret($0), username: user.username, email: user.email)
        }
        try fields.finish()
        try await accounts.usePasswordLink(token, of: user, for: Secret(password), client: client)
    }
}
