/// The kinds of database that can hold a user's data. The raw values are the words in `DB_Type`.
public enum EngineKind: String, Sendable, Hashable, CaseIterable, Codable {
    case sqlite
    case postgresql
    case mysql
    case sqlserver

    /// The port that a server listens on where none is given; nil for files.
    public var usualPort: Int? {
        switch self {
        case .sqlite: nil
        case .postgresql: 5432
        case .mysql: 3306
        case .sqlserver: 1433
        }
    }
}
