/// A config that reserves a place for a database before it is made there.
struct Reservation: Sendable {
    let config: UserDatabaseConfig
    /// Whether nobody can have begun to make the database.
    let isUntouched: Bool
    /// The job that makes it; nil if it is made.
    let run: JobRun?
}
