/// A config that says where a database is to be, before it is made there.
struct Reservation: Sendable {
    let config: UserDatabaseConfig
    /// Whether nobody can have begun to make the database.
    let isUntouched: Bool
}
