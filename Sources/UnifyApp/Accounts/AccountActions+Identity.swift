internal import Tenancy

extension AccountActions {
    /// Changes the user's own name, with their password.
    /// - Returns: the user as they are then.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`; ``AccountConflict``.
    func changeUsername(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client
    ) async throws -> UserAccount {
        let username = fields.checked("username", AccountRules.fault(inUsername:))
        return try await changeIdentity(
            "username", (username, session.user.email), &fields, of: session, from: client
        ) {
            try await accounts.setIdentity(.init(username: username), by: session, $0, client: client)
        }
    }

    /// Changes the user's own address, with their password.
    /// - Returns, throws: as ``changeUsername(_:of:from:)``.
    func changeEmail(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client
    ) async throws -> UserAccount {
        let email = fields.checked("email", AccountRules.fault(inEmail:))
        return try await changeIdentity("email", (session.user.username, email), &fields, of: session, from: client) {
            try await accounts.setIdentity(.init(email: email), by: session, $0, client: client)
        }
    }

    /// Counts like an account, because it reveals whether a name is taken.
    private func changeIdentity(
        _ field: String, _ new: (username: String, email: String), _ fields: inout FieldReader,
        of session: SignedInSession, from client: Client, _ change: (CheckedPassword) async throws -> Void
    ) async throws -> UserAccount {
        let user = session.user
        let password = Secret(fields.checked("password") { _ in nil })
        try fields.finish()
        let checked = try await throttled(session, client) {
            try await accounts.verify(password, of: session, from: client)
        }
        // The password was acceptable with the old name, but may contain the new one.
        if PasswordRules.fault(in: password, username: user.username, email: user.email) == nil,
            PasswordRules.fault(in: password, username: new.username, email: new.email) != nil
        {
            fields.reject(field, "must not be what your password is made of")
            try fields.finish()
        }
        try await registrations.counting(from: client) { try await change(checked) }
        return try await accounts.user(user.id) ?? user
    }
}
