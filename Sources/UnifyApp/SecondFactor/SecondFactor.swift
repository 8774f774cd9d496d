internal import Tenancy

/// A user's one-time passwords, as the main database has them.
struct SecondFactor: Sendable {
    /// How long a set-up that was begun can be confirmed.
    static let setupLifetime: Duration = .seconds(600)

    let createdAt: Timestamp
    /// When a code proved that the user's app has the secret; nil until then, while no code is required.
    let confirmedAt: Timestamp?
    /// The newest step that was accepted.
    let lastStep: Int64
    /// Recovery codes that are left.
    let recoveryCodes: Int

    /// Whether it was begun a while ago and never confirmed; it must then be begun again, with the password.
    func isAbandoned(at date: Timestamp) -> Bool {
        confirmedAt == nil && createdAt.adding(Self.setupLifetime) <= date
    }
}
