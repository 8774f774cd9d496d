internal import Hummingbird
internal import Tenancy

/// The audit log, and whether its chain is whole.
struct AuditPages: Sendable {
    let desk: ConsoleDesk

    var endpoints: [Endpoint] {
        [
            .page(.get, "/admin/console/audit", .admin) { try await page($0, chain: nil) },
            .page(.post, "/admin/console/audit/verify", .admin, verify),
        ]
    }

    private func verify(_ scope: RequestScope) async throws -> Response {
        try await page(scope, chain: try await desk.manager.verifyAuditLog())
    }

    private func page(_ scope: RequestScope, chain: AuditLog.Verification?) async throws -> Response {
        var query = scope.query
        let before = query.cursor()?.id
        let text = query.text("user", maxLength: 20)
        let userID = text.flatMap { Int64($0) }.flatMap { UserID($0) }
        if text != nil, userID == nil { query.reject("user", "must be a user's number") }
        try query.finish()
        let fetched = try await desk.main.withDatabase(.read) {
            try await AuditLog($0).list(before: before, limit: ConsoleDesk.pageSize + 1, about: userID)
        }
        let page = desk.cut(fetched) { $0.id }
        let names = try await desk.names(of: page.rows.flatMap { [$0.actor, $0.userID] })
        let time = desk.renderer.time(of: scope)
        let path = PagePlace.audit.path
        let view = AuditView(
            audit: page.rows.map { AuditRow($0, names: names, time: time) }, isEmpty: page.rows.isEmpty,
            userFilter: text ?? "",
            pager: PagerView(
                LocalPath.query(path, ["user": text]), next: page.next, isFirst: before == nil, isByTime: true),
            chain: chain.map(Self.words), isChainBroken: chain?.firstFault != nil)
        return desk.page(.audit, view, title: "Audit", at: .audit, for: scope)
    }

    private static func words(_ chain: AuditLog.Verification) -> String {
        guard let fault = chain.firstFault else {
            return "All \(chain.entries) entries fit. The newest hash is \(chain.head.prefix(16))…"
        }
        return "\(chain.entries) entries fit. Entry \(fault) does not, or one before it is missing: it was changed by "
            + "other means. Run: unify doctor"
    }
}
