internal import Tenancy

/// Errors of PostgreSQL for which Babelfish has no SQL Server number: they share one, and are told apart by
/// PostgreSQL's messages, which are in English there.
enum BabelfishErrors {
    private static let unmapped = 33_557_097

    private static let meanings: [(words: String, TenancyError.Code, message: String)] = [
        ("permission denied", .notAuthorized, "The login may not do this."),
        ("must be owner", .notAuthorized, "The login may not do this."),
        ("does not exist, or", .tableMissing, "The table is not there, or not for this login."),
        ("canceling statement due to user request", .cancelled, "The statement was stopped."),
        ("canceling statement due to lock timeout", .busy, SQLServerErrors.busy.1),
        ("could not serialize access", .busy, SQLServerErrors.busy.1),
        ("deadlock detected", .busy, SQLServerErrors.busy.1),
        ("tuple concurrently", .busy, SQLServerErrors.busy.1),
        ("could not be exclusively locked", .busy, SQLServerErrors.busy.1),
        ("being accessed by other users", .busy, SQLServerErrors.busy.1),
        ("currently in use", .busy, SQLServerErrors.busy.1),
        ("currently logged in", .busy, SQLServerErrors.busy.1),
        ("Cannot open database", .loginRefused, "The server does not let this login into this database."),
        ("terminating connection", .connectionFailed, "The connection to the server was lost."),
        ("No space left on device", .diskFull, "The server's disk is full; nothing was written."),
        ("too long for type", .constraintViolation, "A value breaks a rule of its table or type."),
        ("out of range", .constraintViolation, "A value breaks a rule of its table or type."),
        ("invalid input syntax", .constraintViolation, "A value breaks a rule of its table or type."),
    ]

    static func meaning(of record: SQLServerFailure.Record) -> (TenancyError.Code, String)? {
        guard record.number == unmapped else { return nil }
        if record.text.contains("relation \""), record.text.contains("does not exist") {
            return (.tableMissing, "The table is not there, or not for this login.")
        }
        return meanings.first { record.text.contains($0.words) }.map { ($0.1, $0.message) }
    }
}
