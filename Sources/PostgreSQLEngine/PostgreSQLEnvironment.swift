internal import Foundation

/// The variables of the process's environment that libpq reads and that no parameter of a connection can override.
enum PostgreSQLEnvironment {
    /// Some lead to another server. The server applies others after the settings that a session begins with.
    static let variables = [
        "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGTZ", "PGDATESTYLE", "PGGEQO", "PGREQUIREPEER", "PGREQUIREAUTH",
    ]

    /// Removes them. To be called before other threads read the environment, such as when the process starts.
    static func clear() {
        for name in variables where getenv(name) != nil { unsetenv(name) }
    }
}
