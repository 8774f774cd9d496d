internal import Tenancy

extension EngineKind {
    /// The engine's name as its makers write it.
    var label: String {
        switch self {
        case .sqlite: "SQLite"
        case .postgresql: "PostgreSQL"
        case .mysql: "MySQL"
        case .sqlserver: "SQL Server"
        }
    }
}
