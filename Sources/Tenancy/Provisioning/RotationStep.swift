/// The steps of giving a user's login a new password, in order. Each can be repeated.
public enum RotationStep: String, Sendable, CaseIterable {
    /// The new password is in the config beside the old one, sealed, with a job.
    case reserve
    /// The server knows the new password.
    case set
    /// A connection was made with it.
    case verify
    /// It is the config's password, and the epoch is raised.
    case adopt
}
