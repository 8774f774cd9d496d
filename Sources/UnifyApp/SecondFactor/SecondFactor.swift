internal import Tenancy

/// A user's one-time passwords, as the main database has them.
struct SecondFactor: Sendable {
    /// When a code showed that the user's app has the secret; nil until then, when it is not asked for yet.
    let confirmedAt: Timestamp?
    /// The newest step that was accepted.
    let lastStep: Int64
    /// Recovery codes that are left.
    let recoveryCodes: Int
}
