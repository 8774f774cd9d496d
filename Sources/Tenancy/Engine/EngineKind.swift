/// The kinds of database that can hold a user's data. The raw values are stored in `DB_Type`.
public enum EngineKind: String, Sendable, Hashable, CaseIterable, Codable {
    case sqlite
    case postgresql
    case mysql
    case sqlserver

    /// The default port; nil for files.
    public var usualPort: Int? {
        switch self {
        case .sqlite: nil
        case .postgresql: 5432
        case .mysql: 3306
        case .sqlserver: 1433
        }
    }
}
