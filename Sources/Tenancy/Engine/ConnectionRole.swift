/// What a connection may do beyond reading and writing rows.
public enum ConnectionRole: Sendable, Hashable {
    /// Serves a user's queries: may not touch the identity stamp or the record of migrations.
    case user
    /// Serves provisioning and migration: may write the stamp and change the schema.
    case maintenance
    /// Serves the main database.
    case main
}
