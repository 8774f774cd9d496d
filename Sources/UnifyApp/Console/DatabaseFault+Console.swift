internal import Tenancy

/// Descriptions of faults for the console, and the available repairs.
extension DatabaseFault {
    /// A short label.
    var label: String {
        switch self {
        case .missing: "missing"
        case .unreadable: "unreadable"
        case .corrupt: "damaged"
        case .wrong: "wrong database"
        case .schemaTooNew: "newer schema"
        case .tableMissing: "table missing"
        case .loginRefused: "login refused"
        case .unsealFailed: "password sealed"
        case .ioFailure: "disk fails"
        case .other: "unknown fault"
        }
    }

    /// What to do if the page has no button for it.
    func remedy(_ config: UserDatabaseConfig) -> String {
        let place = config.path ?? config.displayName
        return switch self {
        case .missing, .corrupt:
            "Put a sound copy of the database back at \(place). Without a copy, start with an empty database."
        case .wrong:
            "Put this user's own database back at \(place). If two users' files were exchanged, exchange them again."
        case .unreadable: "Make \(place) a plain file of the server's user, with mode 0600."
        case .tableMissing: "Make the missing tables."
        case .loginRefused: "Rotate the password of its login."
        case .schemaTooNew, .other: "Install the newer version of this program again."
        case .unsealFailed: "Put the root key back under which the password was sealed."
        case .ioFailure: "Look at the disk, and at the system's log."
        }
    }

    /// The repairs that the console offers, best first.
    func repairs(_ config: UserDatabaseConfig) -> [DangerousAction] {
        switch self {
        case .tableMissing: [.repairTables]
        case .wrong where config.path != nil: [.swapBack, .startEmpty]
        case .missing, .corrupt, .wrong: config.isAttached ? [] : [.startEmpty]
        case .loginRefused: config.isAttached ? [] : [.rotatePassword]
        default: []
        }
    }
}
