/// Why a database cannot be used until an operator repairs it. The raw values are error codes; they are stored, and
/// appear in metrics, lists and findings.
public enum DatabaseFault: String, Sendable, CaseIterable {
    case missing = "database_missing"
    case unreadable = "database_unreadable"
    case corrupt = "database_corrupt"
    case wrong = "wrong_database"
    case schemaTooNew = "schema_too_new"
    case tableMissing = "table_missing"
    case loginRefused = "login_refused"
    case unsealFailed = "unseal_failed"
    case ioFailure = "io_failure"
    /// A fault that a newer version of the program has recorded.
    case other = "other"

    /// Nil for an error that is not a fault of the database itself: an unreachable server is counted against the
    /// server, and overload against neither.
    init?(_ error: TenancyError) {
        self.init(rawValue: error.code.rawValue)
    }

    /// Whether open connections no longer lead to the database that the config names.
    var endsLeases: Bool { [.missing, .wrong].contains(self) }

    /// A description for operators that follows the database owner's name.
    public var words: String {
        switch self {
        case .missing: "The database is not where its config says."
        case .unreadable: "The database file cannot be read: its owner, its mode, or what lies at its path is wrong."
        case .corrupt: "The database is damaged."
        case .wrong: "Another database lies in its place."
        case .schemaTooNew: "The database was changed by a newer version of this program."
        case .tableMissing: "A table is missing from the database."
        case .loginRefused: "The database server refuses the login of this database."
        case .unsealFailed: "The stored password of this database cannot be opened with the root key."
        case .ioFailure: "The disk fails where the database lies."
        case .other: "Another version of this program found a fault that this one does not know."
        }
    }
}
