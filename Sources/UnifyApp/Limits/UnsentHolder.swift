internal import Tenancy

/// Whose unsent answer it is.
struct UnsentHolder: Sendable {
    struct Part: Hashable, Sendable {
        let session: SessionKey
        /// Whether it answers a request that is counted by its session (``Endpoint/isUrgent``).
        let isUrgent: Bool
    }

    let user: UserID
    let part: Part
}
