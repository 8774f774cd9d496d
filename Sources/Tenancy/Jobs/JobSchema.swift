/// The columns and tables of jobs, beyond those of the first version of `Job`.
enum JobSchema {
    static let columns = [
        ColumnDefinition("Payload", .longText),
        ColumnDefinition("Owner", .text(maxLength: JobOwner.maxLength)),
        ColumnDefinition("Lease_Until", .timestamp),
        ColumnDefinition("Not_Before", .timestamp),
        ColumnDefinition("Wanted", .text(maxLength: 20)).required.defaulting(to: .text(JobWish.run.rawValue)),
        ColumnDefinition("Wanted_By_ID", .integer),
        ColumnDefinition("Wanted_By", .text(maxLength: AuditLog.maxActor)),
        ColumnDefinition("Lane", .text(maxLength: maxLane)),
        ColumnDefinition("Total", .integer),
        ColumnDefinition("Done", .integer).required.defaulting(to: 0),
        ColumnDefinition("Failed", .integer).required.defaulting(to: 0),
        ColumnDefinition("Skipped", .integer).required.defaulting(to: 0),
        ColumnDefinition("Parent_Job_ID", .integer),
        ColumnDefinition("Actor_ID", .integer),
        ColumnDefinition("Actor", .text(maxLength: AuditLog.maxActor)),
        ColumnDefinition("Started_Date", .timestamp),
        ColumnDefinition("Ended_Date", .timestamp),
    ]

    /// An engine, a host of 255 characters and a port.
    static let maxLane = 300

    static let stepColumns = [ColumnDefinition("Detail", .longText)]

    /// One row a database of a job.
    static let items = TableDefinition(
        "Job_Item",
        columns: [
            ColumnDefinition("Job_Item_ID", .identity),
            ColumnDefinition("Job_ID", .integer).required,
            ColumnDefinition("Database_UUID", .text(maxLength: 36)).required,
            ColumnDefinition("User_ID", .integer),
            ColumnDefinition("Lane", .text(maxLength: maxLane)),
            ColumnDefinition("Wave", .integer).required.defaulting(to: 0),
            ColumnDefinition("State", .text(maxLength: 20)).required,
            ColumnDefinition("Attempts", .integer).required.defaulting(to: 0),
            ColumnDefinition("Job_Attempt", .integer),
            ColumnDefinition("Error", .text(maxLength: 1000)),
            ColumnDefinition("Started_Date", .timestamp),
            ColumnDefinition("Ended_Date", .timestamp),
        ]
    )
    .referencing("Job", "Job_ID", from: "Job_ID")
    .indexedUniquely("Job_ID", "Database_UUID")
    .indexed("Job_ID", "State", "Wave", "Job_Item_ID")

    @Sendable static func statements(in dialect: any Dialect) -> [String] {
        dialect.statements(adding: columns, to: "Job", indexed: [["Owner"], ["Parent_Job_ID"]])
            + dialect.statements(adding: stepColumns, to: "Job_Step", indexed: [])
            + dialect.statements(creating: items)
    }
}
