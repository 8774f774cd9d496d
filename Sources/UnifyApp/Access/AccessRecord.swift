internal import Crypto
internal import Tenancy

/// The content of an audit log entry about a ``DataAccess``: its number and a digest of its row, so that the row
/// cannot be changed or removed unnoticed.
struct AccessRecord: Sendable {
    static let action = "data.access_record"

    let text: String

    init(_ access: DataAccess) { text = "access \(access.id), \(Self.digest(of: access))" }

    /// Whether the row that an entry of the audit log speaks of is still as it was. Rows go with their user.
    @Sendable static func isCovered(_ database: DatabaseHandle, by entry: AuditLog.Entry) async throws -> Bool {
        guard entry.action == action, let detail = entry.detail,
            let match = detail.wholeMatch(of: /access (\d+), [0-9a-f]{32}/), let id = Int64(match.1)
        else { return true }
        if let access = try await DataAccessRepository(database).find(id) { return AccessRecord(access).text == detail }
        guard let userID = entry.userID else { return false }
        return try await AuditLog(database).list(before: nil, limit: 50, about: userID).contains {
            $0.action == "user.purge"
        }
    }

    /// A digest of everything except the end, which changes when all sessions are ended.
    private static func digest(of access: DataAccess) -> String {
        var hash = SHA256()
        for field in [
            "\(access.id)", "\(access.userID)", "\(access.actorID)", "\(access.createdAt.milliseconds)", access.reason,
        ] {
            hash.update(data: Array("\(field.utf8.count):\(field)".utf8))
        }
        return Hex.encode(hash.finalize().prefix(16))
    }
}
