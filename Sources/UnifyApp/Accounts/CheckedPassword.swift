internal import Tenancy

/// A password that was right, as it was when it was checked. Checking takes long enough for the password to change
/// meanwhile, so whatever rests on it asks again in its own transaction:
/// ``Accounts/requireUnchanged(_:from:in:)``.
struct CheckedPassword: Sendable {
    let user: UserAccount
    /// The stored hash that it was checked against. Hashes of one password differ by their salts.
    let hash: String
}

/// What a session rests on.
enum SignInProof: Sendable {
    case password(CheckedPassword)
    /// A sign-in whose code a page asked for separately. A new password ends it.
    case pending(SessionToken)
}

extension Accounts {
    /// Refuses what rests on a password that has changed since it was checked. Locks the user's row first, so that a change
    /// at the same moment comes before or after all of the transaction.
    /// - Throws: ``Problem`` `invalid_credentials` (401).
    func requireUnchanged(
        _ password: CheckedPassword, from client: Client, in database: DatabaseHandle
    ) async throws {
        let users = UserRepository(database)
        try await users.lock(password.user.id)
        guard try await users.passwordHash(of: password.user.id) == password.hash else {
            noteFailure(.signInFailed, name: password.user.username, from: client)
            throw Problem.invalidCredentials
        }
    }

    /// Refuses what a user does with their session and their password, if either is no longer good.
    /// - Throws: ``Problem`` `not_signed_in`, `invalid_credentials` (401).
    func requireUnchanged(
        _ password: CheckedPassword, and session: SignedInSession, from client: Client, in database: DatabaseHandle,
        date: Timestamp
    ) async throws {
        try await requireUnchanged(password, from: client, in: database)
        try await requireExistence(of: session, in: database, date: date)
    }

    /// Refuses what was asked for in a session that has ended since.
    /// - Throws: ``Problem`` `not_signed_in` (401).
    func requireSession(_ session: SignedInSession, in database: DatabaseHandle, date: Timestamp) async throws {
        try await UserRepository(database).lock(session.user.id)
        try await requireExistence(of: session, in: database, date: date)
    }

    private func requireExistence(
        of session: SignedInSession, in database: DatabaseHandle, date: Timestamp
    ) async throws {
        guard try await SessionRepository(database).find(session.id, date: date) != nil else {
            throw Problem.notSignedIn
        }
    }

    /// Refuses an administrator who has lost their rights since they asked. Call it first in a transaction: a
    /// change of administrators' rights then comes before or after all of it.
    /// - Parameter actor: nil for the operator, who may do everything.
    /// - Throws: ``Problem`` `admin_required` (403).
    static func requireAdministrator(_ actor: UserID?, in database: DatabaseHandle) async throws {
        guard let actor else { return }
        try await InstallationRepository(database).lock()
        guard let user = try await UserRepository(database).find(actor), user.isAdmin, user.isActive else {
            throw Problem.adminRequired
        }
    }
}
