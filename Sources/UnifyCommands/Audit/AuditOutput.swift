internal import Tenancy
internal import UnifyApp

/// An entry of the audit log as JSON and as a line.
struct AuditOutput: Encodable {
    static let columns = ["id", "created_at", "actor", "action", "user_id", "username", "detail"]

    let id: Int64
    let createdAt: String
    let actorId: Int64?
    let actor: String
    let action: String
    let userId: Int64?
    let username: String?
    let detail: String?

    init(_ entry: AuditLog.Entry, names: [UserID: String]) {
        id = entry.id
        createdAt = entry.date.rfc3339
        actorId = entry.actor?.rawValue
        actor = entry.actorText(name: entry.actor.flatMap { names[$0] })
        action = entry.action
        userId = entry.userID?.rawValue
        username = entry.userID.flatMap { names[$0] }
        detail = entry.detail
    }

    /// In the order of ``columns``.
    var values: [String] {
        ["\(id)", createdAt, actor, action, userId.map(String.init) ?? "", username ?? "", detail ?? ""]
    }

    static func load(
        before: Int64?, limit: Int, _ filter: AuditFilter, in database: DatabaseHandle
    ) async throws -> [AuditOutput] {
        let entries = try await AuditLog(database).list(before: before, limit: limit, filter)
        let users = Set(entries.flatMap { [$0.actor, $0.userID] }.compactMap { $0 })
        var names: [UserID: String] = [:]
        // In batches that every engine accepts as parameters.
        for start in stride(from: 0, to: users.count, by: 500) {
            let part = Set(users.sorted { $0.rawValue < $1.rawValue }[start..<min(start + 500, users.count)])
            names.merge(try await UserRepository(database).names(of: part)) { $1 }
        }
        return entries.map { AuditOutput($0, names: names) }
    }
}
