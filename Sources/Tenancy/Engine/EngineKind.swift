/// The kinds of database that can hold a user's data. The raw values are the words in `DB_Type`.
public enum EngineKind: String, Sendable, Hashable, CaseIterable, Codable {
    case sqlite
    case postgresql
    case mysql
    case sqlserver
}
