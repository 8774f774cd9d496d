/// What a connection may do beyond reading and writing rows.
public enum ConnectionRole: Sendable, Hashable {
    /// For users' queries: must not touch the identity stamp or the migration record.
    case user
    /// For provisioning and migration: may write the stamp and change the schema.
    case maintenance
    /// For the main database.
    case main
}
