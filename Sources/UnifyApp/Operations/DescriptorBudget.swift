/// How the file descriptors of the process are shared out.
public struct DescriptorBudget: Sendable {
    /// Descriptors for sockets, the main database, logs and the rest, whatever the limit.
    static let reserved = 256
    /// What an open SQLite database takes: file, write-ahead log, and the log's index.
    static let perConnection = 3
    /// The least limit with which a server is of use.
    public static let sensibleLimit = 1024

    /// Descriptors for what is neither a client nor a user database.
    static let overhead = 64

    public let limit: Int

    /// - Parameter limit: what `ulimit -n` says.
    public init(limit: Int) { self.limit = limit }

    /// Connections to user databases: three quarters of the descriptors at most, and never the reserved ones of a limit that
    /// is large enough to have them; at most 10,000.
    public var connections: Int {
        let forDatabases = max(limit / 4, min(limit - Self.reserved, limit * 3 / 4))
        return min(10_000, max(4, forDatabases / Self.perConnection))
    }

    /// Clients that may be connected at a time beside so many connections to user databases; at most 20,000.
    /// - Returns: nil if the limit does not suffice for both.
    public func clients(beside connections: Int) -> Int? {
        let rest = limit - connections * Self.perConnection - Self.overhead
        return rest >= 16 ? min(20_000, rest) : nil
    }
}
