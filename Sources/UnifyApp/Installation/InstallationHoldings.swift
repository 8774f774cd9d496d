/// The data of a main database that is visible in one mode only.
public struct InstallationHoldings: Sendable {
    /// The rows of the tables that users share in single-database mode.
    let sharedRows: [(table: String, count: Int)]
    /// How many users these rows belong to.
    public let sharedOwners: Int
    /// How many users have a database of their own.
    public let databases: Int

    public var sharedCount: Int { sharedRows.map(\.count).reduce(0, +) }

    /// The data that would be hidden in a mode; nil if none.
    public func hidden(in mode: InstallationMode) -> String? {
        switch mode {
        case .multiTenant:
            guard sharedCount > 0 else { return nil }
            let rows = sharedRows.filter { $0.count > 0 }.map { "\($0.table.lowercased()): \($0.count)" }
            return "\(sharedCount) rows of \(sharedOwners) users in the shared tables (\(rows.joined(separator: ", ")))"
        case .single: return databases > 0 ? "the databases of \(databases) users" : nil
        }
    }
}
