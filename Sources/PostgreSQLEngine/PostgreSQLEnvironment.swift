internal import Foundation

/// The environment variables that libpq reads and that no connection parameter can override.
enum PostgreSQLEnvironment {
    /// Some lead to another server. The server applies others after a session's initial settings.
    static let variables = [
        "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGTZ", "PGDATESTYLE", "PGGEQO", "PGREQUIREPEER", "PGREQUIREAUTH",
    ]

    /// Removes them. Call before other threads read the environment, such as at the start of the process.
    static func clear() {
        for name in variables where getenv(name) != nil { unsetenv(name) }
    }
}
