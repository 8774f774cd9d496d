/// How the file descriptors of the process are shared out.
public struct DescriptorBudget: Sendable {
    /// Descriptors for sockets, the main database, logs and the rest, whatever the limit.
    static let reserved = 256
    /// The descriptors of an open SQLite database: file, write-ahead log, and the log's index.
    static let perConnection = 3
    /// The least limit with which a server is of use.
    public static let sensibleLimit = 1024

    /// Descriptors for everything except clients and user databases.
    static let overhead = 64

    public let limit: Int

    /// - Parameter limit: the value of `ulimit -n`.
    public init(limit: Int) { self.limit = limit }

    /// Connections to user databases: at most three quarters of the descriptors, at most 10,000, and never the
    /// reserved ones if the limit is large enough for them.
    public var connections: Int {
        let forDatabases = max(limit / 4, min(limit - Self.reserved, limit * 3 / 4))
        return min(10_000, max(4, forDatabases / Self.perConnection))
    }

    /// How many clients can be connected beside this many connections to user databases; at most 20,000.
    /// - Returns: nil if the limit is too low for both.
    public func clients(beside connections: Int) -> Int? {
        let rest = limit - connections * Self.perConnection - Self.overhead
        return rest >= 16 ? min(20_000, rest) : nil
    }
}
