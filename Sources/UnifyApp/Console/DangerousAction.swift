/// What an operator does to a user only with the user's name typed. The raw values are the ends of paths.
enum DangerousAction: String, CaseIterable {
    case suspend
    case rotatePassword = "rotate-password"
    case makeAdmin = "make-admin"
    case takeAdmin = "take-admin"
    case resetSecondFactor = "reset-second-factor"
    case delete

    var label: String {
        switch self {
        case .suspend: "Suspend"
        case .rotatePassword: "Rotate the password"
        case .makeAdmin: "Make an administrator"
        case .takeAdmin: "No longer an administrator"
        case .resetSecondFactor: "Switch their codes off"
        case .delete: "Delete the account"
        }
    }

    var explanation: String {
        switch self {
        case .suspend: "Ends their sessions and all use of their database at once. They can be let in again."
        case .rotatePassword: "Gives the login to their database a new password. Queries that run with the old one end."
        case .makeAdmin: "They will see this console and every user, and can suspend and delete them."
        case .takeAdmin: "They will see nothing but their own data."
        case .resetSecondFactor:
            "For somebody who has lost their phone and their recovery codes. Be sure that it is they who ask. Their password stays."
        case .delete: "Ends their sessions. Account and database are put aside, and removed for good after the grace."
        }
    }
}
