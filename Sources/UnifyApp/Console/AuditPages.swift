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
        let text = query.text("user", maxLength: 20)
        let userID = text.flatMap { Int64(plain: $0) }.flatMap { UserID($0) }
        if text != nil, userID == nil { query.reject("user", "must be a user's number") }
        let place = ListPlace(&query, path: LocalPath.query(PagePlace.audit.path, ["user": text]))
        let before = place.cursor?.id
        try query.finish()
        let fetched = try await desk.main.withDatabase(.read) {
            try await AuditLog($0).list(before: before, limit: ConsoleDesk.pageSize + 1, about: userID)
        }
        let page = desk.cut(fetched) { $0.id }
        let names = try await desk.names(of: page.rows.flatMap { [$0.actor, $0.userID] })
        let time = desk.renderer.time(of: scope)
        let view = AuditView(
            audit: page.rows.map { AuditRow($0, names: names, time: time) }, isEmpty: page.rows.isEmpty,
            userFilter: text ?? "",
            pager: PagerView(place, count: page.rows.count, next: page.next, isByTime: true),
            chain: chain.map(Self.words), isChainBroken: chain?.firstFault != nil)
        return desk.page(.audit, view, title: "Audit", at: .audit, for: scope)
    }

    private static func words(_ chain: AuditLog.Verification) -> String {
        guard let fault = chain.firstFault else {
            return "Chain intact, \(GroupedNumber.text(Int(chain.entries))) entries. Newest hash: \(chain.head)"
        }
        return "Chain broken at entry \(fault): it was changed, or an entry before it is missing. The "
            + "\(GroupedNumber.text(Int(chain.entries))) entries before it are intact. Run: unify doctor"
    }
}
