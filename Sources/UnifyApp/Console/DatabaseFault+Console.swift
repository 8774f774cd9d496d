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
    func remedy(
        _ config: UserDatabaseConfig, _ displacement: MultiTenantDatabaseManager.Displacement? = nil
    ) -> String {
        if self == .wrong, let words = Self.words(displacement) { return words }
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
        case .unsealFailed:
            "Put back what stood in its row of User_Database_Config, from a backup of the main database."
        case .ioFailure: "Look at the disk, and at the system's log."
        }
    }

    private static func words(_ displacement: MultiTenantDatabaseManager.Displacement?) -> String? {
        switch displacement {
        case .swapped(let user): "This user's own database is in the place of user \(user). Exchange the files again."
        case .onlyCopy(let user, let home):
            "It is the only copy of the database of user \(user). Stop the server and move the file to \(home), then put this "
                + "user's own database back."
        case .stray, nil: nil
        }
    }

    /// What the console can do: only what works for this database, and what loses nothing before what does.
    /// - Parameter displacement: of a wrong database; nil if it is not known.
    func repairs(
        _ config: UserDatabaseConfig, _ displacement: MultiTenantDatabaseManager.Displacement? = nil
    ) -> [DangerousAction] {
        switch (self, displacement) {
        case (.tableMissing, _): [.repairTables]
        case (.wrong, .swapped): [.swapBack]
        // Setting it aside is refused: another user has no other copy.
        case (.wrong, .onlyCopy): []
        case (.missing, _), (.corrupt, _), (.wrong, _): config.isAttached ? [] : [.startEmpty]
        case (.loginRefused, _): config.isAttached ? [] : [.rotatePassword]
        default: []
        }
    }
}
