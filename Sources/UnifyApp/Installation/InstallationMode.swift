/// Whether each user has a database of their own, or all users share the main database.
public enum InstallationMode: String, Sendable, CaseIterable {
    case multiTenant = "multi-tenant"
    case single

    /// The value of `MULTI_TENANT_MODE` that names it.
    public var setting: String { self == .multiTenant ? "true" : "false" }

    public var meaning: String {
        switch self {
        case .multiTenant: "each user has a database of their own"
        case .single: "all users share the main database"
        }
    }

    /// The command that changes an installation to this mode.
    public var command: String { "unify mode set \(rawValue)" }
}
