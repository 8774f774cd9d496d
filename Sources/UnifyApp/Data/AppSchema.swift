public import Tenancy

/// The tables of the application.
public enum AppSchema {
    /// A user database: tasks, notes, events.
    public static let userDatabase = Schema([items(version: 1)])

    /// The main database: besides the library's tables the sessions and their like, and the shared tables of
    /// single-database mode. A migration that an installation may have is never changed, nor its name.
    public static let mainDatabase = Schema(
        library: MainSchema.all,
        application: [
            sessions(version: 1), items(version: 2),
            Migration(3, "data access", creating: [DataAccessRepository.table]),
            Migration(4, "database sizes", creating: [DatabaseSizeRepository.table]),
            Migration(5, "clients of sessions", creating: [SessionRepository.clients]),
            Migration(
                6, "states of sessions and accesses", creating: [SessionRepository.states, DataAccessRepository.states]),
            Migration(
                7, "second factor",
                creating: [
                    SecondFactorRepository.factors, SecondFactorRepository.recoveryCodes, PendingSignInRepository.table,
                ]),
            Migration(8, "known networks", creating: [KnownNetworkRepository.table]),
            Migration(9, "invitations", creating: [InvitationRepository.table]), normalAddresses(version: 10),
            Migration(11, "installation", creating: [InstallationRepository.table]),
            Migration(12, "account recovery", creating: [PasswordLinkRepository.table, SessionRepository.addresses]),
        ])

    /// Ends every session and every leave to read a user's data; for `MultiTenantDatabaseManager.Options.endAllSessions`.
    @Sendable public static func endAllSessions(_ database: DatabaseHandle, date: Timestamp) async throws {
        let tables: [Identifier] = [
            "Session", SessionRepository.clients.name, SessionRepository.states.name,
            PendingSignInRepository.table.name, PasswordLinkRepository.table.name, SessionRepository.addresses.name,
        ]
        for table in tables { try await database.execute("DELETE FROM \(database.dialect.quote(table))") }
        try await DataAccessRepository(database).endAll(date: date)
    }

    /// For `MultiTenantDatabaseManager.Options.isCovered`.
    @Sendable public static func isCovered(_ database: DatabaseHandle, by entry: AuditLog.Entry) async throws -> Bool {
        try await AccessRecord.isCovered(database, by: entry)
    }

    /// Removes everything about a user from the tables that the application has in the main database; for
    /// `MultiTenantDatabaseManager.Options.beforeDeletingUser`.
    @Sendable public static func erase(_ database: DatabaseHandle, _ userID: UserID) async throws {
        // The address that was invited is the user's.
        try await database.execute("DELETE FROM Invitation WHERE Used_User_ID = ?", [.integer(userID.rawValue)])
        for table in itemTables + [
            "Session", SessionRepository.clients.name, SessionRepository.states.name, DataAccessRepository.table.name,
            DataAccessRepository.states.name, DatabaseSizeRepository.table.name, SecondFactorRepository.factors.name,
            SecondFactorRepository.recoveryCodes.name, PendingSignInRepository.table.name,
            KnownNetworkRepository.table.name, EmailRepository.table.name, PasswordLinkRepository.table.name,
            SessionRepository.addresses.name,
        ] {
            try await database.execute(
                "DELETE FROM \(database.dialect.quote(table)) WHERE User_ID = ?", [.integer(userID.rawValue)])
        }
        try await SealedSecretRepository.delete(SecondFactorRepository.secretName(of: userID), in: database)
    }

    /// The tables that every user database must have.
    public static let itemTables: [Identifier] = ["Tasks", "Notes", "Events"]

    private static func items(version: Int) -> Migration {
        Migration(version, "items", creating: [tasks, notes, events])
    }

    private static func normalAddresses(version: Int) -> Migration {
        Migration(version, "normal forms of addresses") { dialect in
            let statements = dialect.statements(creating: EmailRepository.table)
            guard dialect.engine == .mysql else { return statements }
            // MySQL's collations that know no case take `é` for `e`: two people's addresses would be one.
            let email = ColumnDefinition("Email", .text(maxLength: EmailAddress.maxLength)).required
            return statements + ["ALTER TABLE Users MODIFY Email \(dialect.definition(of: email))"]
        }
    }

    private static func sessions(version: Int) -> Migration {
        let table = TableDefinition(
            "Session",
            columns: [
                ColumnDefinition("Session_ID", .identity),
                ColumnDefinition("Token_Hash", .text(maxLength: 64)).required.unique,
                ColumnDefinition("User_ID", .integer).required,
                ColumnDefinition("Created_Date", .timestamp).required,
                ColumnDefinition("Expires_Date", .timestamp).required,
            ]
        )
        .referencing("Users", "User_ID", from: "User_ID")
        .indexed("User_ID")
        .indexed("Expires_Date")
        return Migration(version, "sessions", creating: [table])
    }

    private static let dates = [
        ColumnDefinition("Created_Date", .timestamp).required, ColumnDefinition("Updated_Date", .timestamp).required,
    ]

    private static let tasks = TableDefinition(
        "Tasks",
        columns: [
            ColumnDefinition("Task_ID", .identity),
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Title", .text(maxLength: ItemLimits.title)).required,
            ColumnDefinition("Description", .longText),
            ColumnDefinition("Due_Date", .timestamp),
            ColumnDefinition("Priority", .integer).required.defaulting(to: 0),
            ColumnDefinition("Is_Done", .boolean).required.defaulting(to: false),
        ] + dates
    ).indexed("User_ID", "Task_ID")

    private static let notes = TableDefinition(
        "Notes",
        columns: [
            ColumnDefinition("Note_ID", .identity),
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Title", .text(maxLength: ItemLimits.title)).required,
            ColumnDefinition("Body", .longText).required,
        ] + dates
    ).indexed("User_ID", "Note_ID")

    private static let events = TableDefinition(
        "Events",
        columns: [
            ColumnDefinition("Event_ID", .identity),
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Title", .text(maxLength: ItemLimits.title)).required,
            ColumnDefinition("Starts_At", .timestamp).required,
            ColumnDefinition("Ends_At", .timestamp).required,
            ColumnDefinition("Location", .text(maxLength: ItemLimits.location)),
            ColumnDefinition("Description", .longText),
        ] + dates
    ).indexed("User_ID", "Starts_At", "Event_ID")
}
