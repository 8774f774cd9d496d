/// The library's own tables in the main database.
///
/// A migration that an installation may have is never changed, nor its name, by which the record of older
/// installations was converted. A change is a new migration at the end.
package enum MainSchema {
    package static let all: [Migration] = [
        Migration(
            1, "catalog",
            creating: [users, servers, configs, warmDatabases, jobs, jobSteps, auditLog, changeLog, masterKeys]),
        Migration(2, "audit chain") { dialect in
            [AuditChain.links, AuditChain.head].flatMap(dialect.statements(creating:))
                + [AuditChain.beginning(in: dialect)]
        },
        Migration(3, "tombstones", creating: [Tombstones.table]),
        Migration(4, "sealed secrets", creating: [SealedSecretRepository.table]),
        Migration(5, "generations", creating: [MainGeneration.table]), health, auditActors, suspensions,
        Migration(9, "owners and progress of jobs", statements: JobSchema.statements),
    ]

    private static let health = Migration(
        6, "health of databases",
        adding: [
            ColumnDefinition("Health", .text(maxLength: 20)).required.defaulting(
                to: .text(DatabaseHealth.healthyWord)),
            ColumnDefinition("Health_Reason", .text(maxLength: 50)),
            ColumnDefinition("Health_Date", .timestamp),
            // A date long ago, so that existing databases are checked first.
            ColumnDefinition("Checked_Date", .timestamp).required.defaulting(
                to: .timestamp(DatabaseHealth.neverChecked)),
        ], to: configs.name, indexed: [["Health", "Checked_Date"]])

    /// Adds the name of the acting command to the audit log.
    private static let auditActors = Migration(
        7, "actors of audit entries",
        adding: [ColumnDefinition("Actor", .text(maxLength: AuditLog.maxActor))], to: auditLog.name,
        indexed: [["Actor"], ["Actor_ID"], ["Action"], ["Created_Date"]])

    /// Remembers of a deleted user whether they were suspended before.
    private static let suspensions = Migration(
        8, "suspensions of deleted users",
        adding: [ColumnDefinition("Was_Suspended", .boolean).required.defaulting(to: false)], to: users.name)

    static let users = TableDefinition(
        "Users",
        columns: [
            ColumnDefinition("User_ID", .identity),
            ColumnDefinition("Username", .caseInsensitiveText(maxLength: 64)).required.unique,
            ColumnDefinition("Email", .caseInsensitiveText(maxLength: 254)).required.unique,
            ColumnDefinition("Password_Hash", .text(maxLength: 255)),
            ColumnDefinition("Is_Admin", .boolean).required.defaulting(to: false),
            ColumnDefinition("Is_Active", .boolean).required.defaulting(to: true),
            ColumnDefinition("Region", .text(maxLength: 64)),
            ColumnDefinition("Created_Date", .timestamp).required,
            ColumnDefinition("Deleted_Date", .timestamp),
        ])

    static let servers = TableDefinition(
        "Database_Server",
        columns: [
            ColumnDefinition("Server_ID", .identity),
            ColumnDefinition("Name", .text(maxLength: 63)).required.unique,
            ColumnDefinition("DB_Type", .text(maxLength: 50)).required,
            ColumnDefinition("Host", .text(maxLength: 255)),
            ColumnDefinition("Port", .integer),
            ColumnDefinition("Login", .text(maxLength: 255)),
            ColumnDefinition("Password", .longText),
            ColumnDefinition("TLS", .text(maxLength: 500)).required.defaulting(to: "prefer"),
            ColumnDefinition("Max_Connections", .integer).required,
            ColumnDefinition("Region", .text(maxLength: 64)),
            ColumnDefinition("State", .text(maxLength: 20)).required,
            ColumnDefinition("Created_Date", .timestamp).required,
        ])

    static let configs = TableDefinition(
        "User_Database_Config",
        columns: [
            ColumnDefinition("Config_ID", .identity),
            ColumnDefinition("User_ID", .integer).required.unique,
            ColumnDefinition("DB_Type", .text(maxLength: 50)).required.defaulting(to: "sqlite"),
            ColumnDefinition("DB_Host", .text(maxLength: 255)),
            ColumnDefinition("DB_Port", .integer),
            ColumnDefinition("DB_Name", .text(maxLength: 255)),
            ColumnDefinition("DB_User", .text(maxLength: 255)),
            ColumnDefinition("DB_Password", .longText),
            ColumnDefinition("DB_Next_Password", .longText),
            ColumnDefinition("DB_TLS", .text(maxLength: 500)).required.defaulting(to: "prefer"),
            ColumnDefinition("DB_Path", .text(maxLength: 500)),
            ColumnDefinition("Is_Active", .boolean).required.defaulting(to: true),
            ColumnDefinition("Created_Date", .timestamp).required,
            ColumnDefinition("Database_UUID", .text(maxLength: 36)).required.unique,
            ColumnDefinition("Epoch", .integer).required,
            ColumnDefinition("State", .text(maxLength: 20)).required,
            ColumnDefinition("Server_ID", .integer),
            ColumnDefinition("Schema_Version", .integer).required,
            ColumnDefinition("Schema_Fingerprint", .text(maxLength: 64)).required,
            ColumnDefinition("Key_ID", .text(maxLength: 16)),
            ColumnDefinition("Updated_Date", .timestamp).required,
        ]
    )
    .referencing("Users", "User_ID", from: "User_ID")
    .referencing("Database_Server", "Server_ID", from: "Server_ID")
    .indexed("DB_Name")
    .indexed("Server_ID")

    /// Databases in stock: made and migrated, not yet assigned to a user.
    static let warmDatabases = TableDefinition(
        "Warm_Database",
        columns: [
            ColumnDefinition("Warm_ID", .identity),
            ColumnDefinition("Server_ID", .integer).required,
            ColumnDefinition("DB_Name", .text(maxLength: 63)).required.unique,
            ColumnDefinition("DB_Password", .longText).required,
            ColumnDefinition("Schema_Fingerprint", .text(maxLength: 64)).required,
            ColumnDefinition("State", .text(maxLength: 20)).required,
            ColumnDefinition("Updated_Date", .timestamp).required,
        ]
    )
    .referencing("Database_Server", "Server_ID", from: "Server_ID")

    static let jobs = TableDefinition(
        "Job",
        columns: [
            ColumnDefinition("Job_ID", .identity),
            ColumnDefinition("Kind", .text(maxLength: 30)).required,
            ColumnDefinition("User_ID", .integer),
            ColumnDefinition("State", .text(maxLength: 20)).required,
            ColumnDefinition("Error", .text(maxLength: 1000)),
            ColumnDefinition("Attempts", .integer).required.defaulting(to: 0),
            ColumnDefinition("Created_Date", .timestamp).required,
            ColumnDefinition("Updated_Date", .timestamp).required,
        ]
    )
    .indexed("State", "Job_ID")
    .indexed("User_ID")

    static let jobSteps = TableDefinition(
        "Job_Step",
        columns: [
            ColumnDefinition("Job_Step_ID", .identity),
            ColumnDefinition("Job_ID", .integer).required,
            ColumnDefinition("Step", .text(maxLength: 30)).required,
            ColumnDefinition("Completed_Date", .timestamp).required,
        ]
    )
    .referencing("Job", "Job_ID", from: "Job_ID")
    .indexed("Job_ID")

    static let auditLog = TableDefinition(
        "Audit_Log",
        columns: [
            ColumnDefinition("Audit_ID", .identity),
            ColumnDefinition("Actor_ID", .integer),
            ColumnDefinition("Action", .text(maxLength: 60)).required,
            ColumnDefinition("User_ID", .integer),
            ColumnDefinition("Detail", .text(maxLength: 1000)),
            ColumnDefinition("Created_Date", .timestamp).required,
        ]
    )
    .indexed("User_ID")

    static let changeLog = TableDefinition(
        "Change_Log",
        columns: [
            ColumnDefinition("Change_ID", .identity),
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Created_Date", .timestamp).required,
        ])

    static let masterKeys = TableDefinition(
        "Master_Key",
        columns: [
            ColumnDefinition("Key_ID", .text(maxLength: 16)).primaryKey,
            ColumnDefinition("Check_Value", .longText).required,
            ColumnDefinition("Is_Current", .boolean).required,
            ColumnDefinition("Created_Date", .timestamp).required,
        ])
}
