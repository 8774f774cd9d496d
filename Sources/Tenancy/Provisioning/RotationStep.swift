/// The steps of changing the password of a user's login, in order. Each can be repeated.
public enum RotationStep: String, Sendable, CaseIterable {
    /// The new password is in the config beside the old one, sealed, and the job exists.
    case reserve
    /// The server has the new password.
    case set
    /// A connection was made with it.
    case verify
    /// It is the config's password, and the epoch is raised.
    case adopt
}
