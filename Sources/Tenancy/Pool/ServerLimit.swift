/// A database server, and how many connections this process may have to it.
package struct ServerLimit: Hashable, Sendable {
    /// For a server of which nobody has said how many it bears.
    package static let defaultMaxConnections = 100

    /// See ``DatabaseLocation/serverAddress``.
    package let server: String
    package let maxConnections: Int
    /// Whether this is only a default, which does not replace a limit that another caller has set.
    package let isDefault: Bool

    package init(_ server: String, maxConnections: Int, isDefault: Bool = false) {
        self.server = server
        self.maxConnections = maxConnections
        self.isDefault = isDefault
    }
}
