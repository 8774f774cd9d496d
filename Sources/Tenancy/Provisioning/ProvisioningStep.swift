/// The steps of making a user's database, in order. Each can be repeated.
public enum ProvisioningStep: String, Sendable, CaseIterable {
    /// The config and the job are in the main database, written in one transaction.
    case reserve
    /// The database is made, with schema and identity stamp.
    case make
    /// The database was opened as the user's queries open it, and its stamp matches the config.
    case verify
    /// The config allows its use.
    case activate
}
