/// Conditions on audit log entries; all must hold.
public struct AuditFilter: Sendable {
    /// Who performed the action.
    public enum Actor: Sendable, Hashable {
        case user(UserID)
        /// Operator commands run by `cli:USER@HOST`, or by anyone whose name starts with this text.
        case command(String)
        /// The server itself.
        case system
    }

    public var userID: UserID?
    public var actor: Actor?
    /// Empty for all actions. An action that ends with a full stop matches every action with that prefix.
    public var actions: [String]
    /// Inclusive lower bound.
    public var from: Timestamp?
    /// Exclusive upper bound.
    public var to: Timestamp?

    public init(
        about userID: UserID? = nil, by actor: Actor? = nil, actions: [String] = [], from: Timestamp? = nil,
        to: Timestamp? = nil
    ) {
        (self.userID, self.actor, self.actions, self.from, self.to) = (userID, actor, actions, from, to)
    }

    func condition(before: Int64?) -> (sql: String, parameters: [SQLValue]) {
        var parts: [(sql: String, parameters: [SQLValue])] = [("Audit_ID < ?", [.integer(before ?? .max)])]
        if let userID { parts.append(("User_ID = ?", [.integer(userID.rawValue)])) }
        if let actor { parts.append(Self.condition(actor)) }
        if !actions.isEmpty { parts.append(actionCondition) }
        if let from { parts.append(("Created_Date >= ?", [.timestamp(from)])) }
        if let to { parts.append(("Created_Date < ?", [.timestamp(to)])) }
        return (parts.map(\.sql).joined(separator: " AND "), parts.flatMap(\.parameters))
    }

    private static func condition(_ actor: Actor) -> (sql: String, parameters: [SQLValue]) {
        switch actor {
        case .user(let id): ("Actor_ID = ?", [.integer(id.rawValue)])
        case .command(let name): ("Actor LIKE ? ESCAPE '!'", [.text(SearchPattern.like(beginningWith: name))])
        case .system: ("Actor_ID IS NULL AND Actor IS NULL", [])
        }
    }

    private var actionCondition: (sql: String, parameters: [SQLValue]) {
        let exact = actions.filter { !$0.hasSuffix(".") }
        let groups = actions.filter { $0.hasSuffix(".") }
        var parts = groups.map { _ in "Action LIKE ? ESCAPE '!'" }
        if !exact.isEmpty { parts.append("Action IN (\(SQLStatement.marks(exact.count)))") }
        return (
            "(\(parts.joined(separator: " OR ")))",
            groups.map { .text(SearchPattern.like(beginningWith: $0)) } + exact.map { .text($0) }
        )
    }
}
