/// Actions on a user that require typing the user's name. The raw values are the last parts of paths.
enum DangerousAction: String, CaseIterable {
    case suspend
    case rotatePassword = "rotate-password"
    case repairTables = "repair-tables"
    case swapBack = "swap-back"
    case startEmpty = "start-empty"
    case makeAdmin = "make-admin"
    case takeAdmin = "take-admin"
    case passwordLink = "password-link"
    case signOut = "sign-out"
    case resetSecondFactor = "reset-second-factor"
    case delete

    var label: String {
        switch self {
        case .suspend: "Suspend"
        case .rotatePassword: "Rotate the password"
        case .repairTables: "Make the missing tables"
        case .swapBack: "Exchange the files again"
        case .startEmpty: "Start with an empty database"
        case .makeAdmin: "Make an administrator"
        case .takeAdmin: "No longer an administrator"
        case .passwordLink: "Make a link for a new password"
        case .signOut: "Sign them out everywhere"
        case .resetSecondFactor: "Switch their codes off"
        case .delete: "Delete the account"
        }
    }

    var explanation: String {
        switch self {
        case .suspend: "Ends their sessions and all use of their database at once. You can let them in again."
        case .rotatePassword:
            "Gives the login of their database a new password, and ends queries that run with the old one."
        case .repairTables: "Makes the tables that are missing, empty. Touches nothing that is there."
        case .swapBack: "Finds the user in whose place this user's file lies, and exchanges the two. Nothing is lost."
        case .startEmpty:
            "For a database that is lost. The user begins with nothing; what lies in its place is renamed, never deleted."
        case .makeAdmin: "They can use this console: see all users, and suspend or delete them."
        case .takeAdmin: "They will see only their own data."
        case .passwordLink:
            "For a user who has lost their password. Make sure that the request is really theirs. The link is shown once and works once, within an hour. It replaces an earlier link."
        case .signOut: "Ends all their sessions at once. They can sign in again."
        case .resetSecondFactor:
            "For a user who has lost their phone and their recovery codes. Make sure that the request is really theirs. Their password stays as it is."
        case .delete:
            "Ends their sessions. You can restore the account until the grace period (UNIFY_DELETION_GRACE) is over; then account and data are removed."
        }
    }
}
