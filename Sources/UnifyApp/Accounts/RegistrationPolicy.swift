/// Who may make an account.
public enum RegistrationPolicy: String, Sendable {
    /// Anyone.
    case open
    /// Whoever has an invitation.
    case invite
    /// Nobody; the operator's command makes accounts.
    case closed
}
