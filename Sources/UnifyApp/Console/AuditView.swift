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
        actorPath = entry.actor.flatMap { names.known[$0] == nil ? nil : ConsoleDesk.path(of: $0) }
        action = entry.action
        user = entry.userID.map { names[$0] }
        // Users who were removed have no page.
        userPath = entry.userID.flatMap { names.known[$0] == nil ? nil : ConsoleDesk.path(of: $0) }
        detail = entry.detail
    }
}

/// What the template `audit` shows.
struct AuditView {
    let audit: [AuditRow]
    let isEmpty: Bool
    /// What the list is narrowed to; not named as what rows have, which may have none.
    let userFilter: String
    let actorFilter: String
    let actionFilter: String
    let fromFilter: String
    let toFilter: String
    let pager: PagerView
    /// What following the chain found; nil if it was not asked for.
    let chain: String?
    let isChainBroken: Bool
}
