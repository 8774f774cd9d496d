/// Who may create an account.
public enum RegistrationPolicy: String, Sendable {
    /// Anyone.
    case open
    /// Anyone with an invitation.
    case invite
    /// Nobody; the operator creates accounts with the command.
    case closed
}
