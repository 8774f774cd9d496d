public import Tenancy

/// A query of the audit log as it is written: users by number or name, commands by their names in the log, the server
/// as `system`.
public struct AuditQuery: Sendable {
    static let maxLength = 200
    private static let commandPrefix = "cli"

    /// The user whom an entry is about.
    public var user: String?
    /// The actor.
    public var actor: String?
    /// An action, as `user.suspend`; or the beginning of several, as `user.`.
    public var action: String?
    public var from: Timestamp?
    public var to: Timestamp?

    public init(
        user: String? = nil, actor: String? = nil, action: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil
    ) {
        (self.user, self.actor, self.action, self.from, self.to) = (user, actor, action, from, to)
    }

    init(_ query: inout QueryReader) {
        user = query.text("user", maxLength: Self.maxLength)
        actor = query.text("actor", maxLength: Self.maxLength)
        action = query.text("action", maxLength: Self.maxLength)
        from = query.timestamp("from")
        to = query.timestamp("to")
    }

    /// A name or number of no user, or of two.
    public struct UnknownUser: Error {
        /// The parameter that contained it.
        public let field: String
        public let text: String
        /// The user whose name is another user's number; nil if the text belongs to nobody.
        public var namesake: UserID?

        /// What is wrong with the text, and what to write instead.
        public var advice: String {
            guard let namesake else { return "must be a user's number or name" }
            return "is the number of one user and the name of user \(namesake): write id:\(text) or name:\(text)"
        }
    }

    /// - Throws: ``UnknownUser`` for an unknown name; the number of a removed user is accepted, because the log knows
    ///   it.
    public func filter(in database: DatabaseHandle) async throws -> AuditFilter {
        var filter = AuditFilter(actions: action.map { [$0] } ?? [], from: from, to: to)
        if let user { filter.userID = try await id(of: user, as: "user", in: database) }
        switch actor {
        case nil: break
        case "system": filter.actor = .system
        case let name? where name.hasPrefix(Self.commandPrefix + ":") || name == Self.commandPrefix:
            filter.actor = .command(name)
        case let name?: filter.actor = .user(try await id(of: name, as: "actor", in: database))
        }
        return filter
    }

    /// No username holds a colon.
    private func id(of text: String, as field: String, in database: DatabaseHandle) async throws -> UserID {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2, parts[0] == "id", let id = UserID(parts[1]) { return id }
        let isName = parts.count == 2 && parts[0] == "name"
        let name = isName ? parts[1] : text
        let user = try await UserRepository(database).find(username: name)
        if !isName, let id = UserID(text) {
            guard let user, user.id != id else { return id }
            throw UnknownUser(field: field, text: text, namesake: user.id)
        }
        guard let user else { throw UnknownUser(field: field, text: text) }
        return user.id
    }
}

extension AuditLog.Entry {
    /// The actor in one word: the user's name or number, the command, or the system.
    /// - Parameter name: the name of the acting user; nil if they were removed.
    public func actorText(name: String?) -> String { command ?? name ?? actor.map { "\($0)" } ?? "system" }
}
