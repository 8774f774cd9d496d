/// The steps of making a user's database, in order. Each can be repeated.
public enum ProvisioningStep: String, Sendable, CaseIterable {
    /// Config and job are in the main database, in one transaction.
    case reserve
    /// The database is there, with schema and identity stamp.
    case make
    /// It was opened as the user's queries open it, and its stamp is the config's.
    case verify
    /// The config says that it may be used.
    case activate
}
