internal import Tenancy

/// How long sessions hold.
enum SessionLimits {
    static let lifetime: Duration = .seconds(14 * 24 * 3600)
    static let adminLifetime: Duration = .seconds(12 * 3600)
    /// How long an administrator may do nothing.
    static let adminIdle: Duration = .seconds(30 * 60)
    /// How often the use of a session is written down.
    static func useInterval(isAdmin: Bool) -> Duration { .seconds(isAdmin ? 60 : 3600) }
    /// How long after a password confirmation dangerous actions are allowed.
    static let confirmation: Duration = .seconds(5 * 60)

    /// When a session expires.
    static func end(createdAt: Timestamp, expiresAt: Timestamp, usedAt: Timestamp?, isAdmin: Bool) -> Timestamp {
        guard isAdmin else { return expiresAt }
        return min(expiresAt, createdAt.adding(adminLifetime), (usedAt ?? createdAt).adding(adminIdle))
    }
}
