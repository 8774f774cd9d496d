/// A page's message about the form that led to it. Links contain a code word, so that no link can make a page show
/// other text.
enum PageNotice: String {
    case added
    case saved
    case checked
    case reopened
    case deleted
    case restored
    case notRestored = "not-restored"
    case notStored = "not-stored"
    case passwordChanged = "password-changed"
    case passwordSet = "password-set"
    case linkEnded = "link-ended"
    case usernameChanged = "username-changed"
    case emailChanged = "email-changed"
    case sessionEnded = "session-ended"
    case sessionsEnded = "sessions-ended"
    case failedTries = "failed-tries"
    case secondFactorOff = "second-factor-off"
    case signInEnded = "sign-in-ended"
    case secondFactorNeeded = "second-factor-needed"
    case accessEnded = "access-ended"
    case signedOut = "signed-out"
    case accountDeleted = "account-deleted"
    case notSignedIn = "not-signed-in"
    // The console's.
    case secondFactorReset = "second-factor-reset"
    case signedOutEverywhere = "signed-out-everywhere"
    case userSuspended = "user-suspended"
    case userResumed = "user-resumed"
    case userDeleted = "user-deleted"
    case userRestored = "user-restored"
    case adminChanged = "admin-changed"
    case databaseMade = "database-made"
    case databaseThere = "database-there"
    case passwordRotated = "password-rotated"
    case noTableMissing = "no-table-missing"
    case tablesMade = "tables-made"
    case swappedBack = "swapped-back"
    case startedEmpty = "started-empty"
    case jobRetried = "job-retried"
    case jobFailed = "job-failed"
    case jobEnded = "job-ended"
    case jobBegun = "job-begun"
    case jobPaused = "job-paused"
    case jobResumed = "job-resumed"
    case jobCancelled = "job-cancelled"
    case jobUnchanged = "job-unchanged"

    var text: String {
        switch self {
        case .added: "Added."
        case .saved: "Saved."
        case .checked: "Checked off."
        case .reopened: "Open again."
        case .deleted: "Deleted."
        case .restored: "It is back."
        case .notRestored: "That can no longer be undone."
        case .notStored: "It could not be saved. Try again in a moment."
        case .passwordChanged: "Your password is changed. You are signed out everywhere else."
        case .sessionEnded: "That session is signed out."
        case .sessionsEnded: "You are signed out everywhere else."
        case .passwordSet: "Your new password is set. Please sign in with it."
        case .linkEnded:
            "This link was used, has expired, or was replaced by a newer one. Ask your administrator for a new one."
        case .usernameChanged: "Your username is changed."
        case .emailChanged: "Your email address is changed."
        case .failedTries:
            "Since your last visit somebody tried to sign in as you, without success. "
                + "Your account page shows when and from where."
        case .secondFactorOff: "Signing in asks for your password alone again."
        case .signInEnded: "That took too long. Please sign in again."
        case .secondFactorNeeded: "Administrators need codes from an app. Switch them on first."
        case .accessEnded: "The administrator can no longer read your data."
        case .signedOut: "You are signed out."
        case .accountDeleted: "Your account is deleted. An administrator can restore it until your data is removed."
        case .notSignedIn: "Please sign in first."
        case .secondFactorReset: "The user now signs in without a code."
        case .signedOutEverywhere: "All sessions of the user have ended."
        case .userSuspended: "The user is suspended; their sessions have ended."
        case .userResumed: "The user may sign in again."
        case .userDeleted: "The user is deleted. You can restore the account until its data is removed."
        case .userRestored: "The user is restored."
        case .adminChanged: "The user's rights are changed."
        case .databaseMade: "The database is created."
        case .databaseThere: "The user already has a database; nothing was changed."
        case .passwordRotated: "The login has a new password."
        case .noTableMissing: "No table was missing."
        case .tablesMade: "The missing tables are made."
        case .swappedBack: "The files are exchanged; this user has their own again."
        case .startedEmpty: "The user has an empty database now. What was in its place is set aside."
        case .jobRetried: "The job is done."
        case .jobFailed: "The job failed again; its row shows the error."
        case .jobEnded: "That job has already ended."
        case .jobBegun: "The job is tried again. This page shows its progress."
        case .jobPaused: "The job is paused. If a server works on it, it stops within a second."
        case .jobResumed: "The job goes on."
        case .jobCancelled: "The job is cancelled. What it left half done is undone."
        case .jobUnchanged: "The job's state has changed; nothing was done."
        }
    }

    var isError: Bool {
        switch self {
        case .linkEnded, .notRestored, .notStored, .jobFailed, .jobUnchanged, .failedTries: true
        default: false
        }
    }
}
