/// Security events of an account. The raw values are actions of the audit log.
enum SecurityAction: String, Sendable, CaseIterable {
    case signedIn = "sign_in.ok"
    case signInFailed = "sign_in.failed"
    case signInThrottled = "sign_in.throttled"
    case secondFactorFailed = "sign_in.second_factor_failed"
    case registerRefused = "register.refused"
    case passwordChanged = "user.password"
    case passwordSet = "user.set_password"
    case passwordLinkMade = "password_link.create"
    case passwordLinkUsed = "password_link.use"
    case usernameChanged = "user.rename"
    case emailChanged = "user.set_email"
    case secondFactorOn = "second_factor.on"
    case secondFactorOff = "second_factor.off"
    case secondFactorReset = "second_factor.reset"
    case recoveryCodeUsed = "second_factor.recovery_code_used"
    case recoveryCodesRenewed = "second_factor.recovery_codes_renewed"
    case sessionEnded = "session.ended"
    case otherSessionsEnded = "session.others_ended"
    case allSessionsEnded = "session.all_ended"
    case accessOpened = "data.access"
    case accessEnded = "data.access_ended"
    case rightsChanged = "user.set_admin"
    case suspended = "user.suspend"
    case resumed = "user.resume"
    case deleted = "user.delete"
    case restored = "user.restore"

    /// Whether it is a failed sign-in.
    var isFailedTry: Bool {
        switch self {
        case .signInFailed, .signInThrottled, .secondFactorFailed: true
        default: false
        }
    }

    /// The description for the user.
    /// - Parameter times: how often it happened.
    func words(times: Int) -> String {
        let often = times > 1 ? ", \(times) times" : ""
        return switch self {
        case .signedIn: "Signed in\(often)"
        case .signInFailed: "A wrong password was tried\(often)"
        case .signInThrottled: "Too many tries to sign in were refused\(often)"
        case .secondFactorFailed: "The right password came with a wrong code\(often)"
        case .registerRefused: "Somebody tried to register with your name or address\(often)"
        case .passwordChanged: "The password was changed"
        case .passwordSet: "An administrator set a new password"
        case .passwordLinkMade: "An administrator made a link that sets a new password"
        case .passwordLinkUsed: "A new password was set with an administrator's link"
        case .usernameChanged: "The username was changed"
        case .emailChanged: "The email address was changed"
        case .secondFactorOn: "Codes from your app were switched on"
        case .secondFactorOff: "Codes from your app were switched off"
        case .secondFactorReset: "Codes from your app were switched off for you by an administrator"
        case .recoveryCodeUsed: "A recovery code was used"
        case .recoveryCodesRenewed: "New recovery codes were made"
        case .sessionEnded: "A session was ended"
        case .otherSessionsEnded: "All other sessions were ended"
        case .allSessionsEnded: "An administrator ended all sessions"
        case .accessOpened: "An administrator may read your data for a while"
        case .accessEnded: "You ended an administrator's access"
        case .rightsChanged: "An administrator's rights were given or taken"
        case .suspended: "The account was suspended"
        case .resumed: "The account was let in again"
        case .deleted: "The account was deleted"
        case .restored: "The deleted account was brought back"
        }
    }
}
