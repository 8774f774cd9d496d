internal import Tenancy

/// An entry of the audit log as pages show it.
struct AuditRow {
    let id: Int64
    let date: String
    let actor: String
    let actorPath: String?
    let action: String
    let user: String?
    let userPath: String?
    let detail: String?

    init(_ entry: AuditLog.Entry, names: UserNames, time: PageTime) {
        id = entry.id
        date = time.dateAndClock(entry.date)
        actor = entry.actorText(name: entry.actor.map { names[$0] })
        actorPath = names.path(of: entry.actor)
        action = entry.action
        user = entry.userID.map { names[$0] }
        userPath = names.path(of: entry.userID)
        detail = entry.detail
    }
}

/// The view of the template `audit`.
struct AuditView {
    let audit: [AuditRow]
    let isEmpty: Bool
    /// The list's filter; its name differs from the rows' property, which may be missing.
    let userFilter: String
    let actorFilter: String
    let actionFilter: String
    let fromFilter: String
    let toFilter: String
    let pager: PagerView
    /// The result of verifying the chain; nil if not requested.
    let chain: String?
    let isChainBroken: Bool
}
