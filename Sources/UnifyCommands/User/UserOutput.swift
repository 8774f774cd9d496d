internal import Tenancy

/// A user as JSON.
struct UserOutput: Encodable {
    let id: Int64
    let username: String
    let email: String
    let isAdmin: Bool
    let state: String
    let createdAt: String
    let deletedAt: String?
    let databaseEngine: String?
    let databaseState: String?

    init(_ user: UserAccount, _ config: UserDatabaseConfig? = nil) {
        id = user.id.rawValue
        username = user.username
        email = user.email
        isAdmin = user.isAdmin
        state = user.deletedAt != nil ? "deleted" : user.isActive ? "active" : "suspended"
        createdAt = user.createdAt.rfc3339
        deletedAt = user.deletedAt?.rfc3339
        databaseEngine = config?.engine.rawValue
        databaseState = config?.state.rawValue
    }
}
