internal import Hummingbird
internal import Tenancy

/// The audit log, and whether its chain is whole.
struct AuditPages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] {
        [
            .page(.get, "/admin/console/audit", .admin) { try await page($0, chain: nil) },
            .page(.post, "/admin/console/audit/verify", .admin, verify),
        ]
    }

    private func verify(_ scope: RequestScope) async throws -> Response {
        try await page(scope, chain: try await environment.manager.verifyAuditLog())
    }

    private func page(_ scope: RequestScope, chain: AuditLog.Verification?) async throws -> Response {
        var query = scope.query
        let wanted = AuditQuery(&query)
        let (from, to) = (query.text("from", maxLength: 40), query.text("to", maxLength: 40))
        let place = ListPlace(
            &query,
            path: LocalPath.query(
                PagePlace.audit.path,
                ["user": wanted.user, "actor": wanted.actor, "action": wanted.action, "from": from, "to": to]))
        try query.finish()
        let page = environment.cut(try await entries(wanted, before: place.cursor?.id)) { $0.id }
        let names = try await environment.names(of: page.rows.flatMap { [$0.actor, $0.userID] })
        let time = environment.renderer.time(of: scope)
        let view = AuditView(
            audit: page.rows.map { AuditRow($0, names: names, time: time) }, isEmpty: page.rows.isEmpty,
            userFilter: wanted.user ?? "", actorFilter: wanted.actor ?? "", actionFilter: wanted.action ?? "",
            fromFilter: from ?? "", toFilter: to ?? "",
            pager: PagerView(place, count: page.rows.count, next: page.next, isByTime: true),
            chain: chain.map(Self.words), isChainBroken: chain?.firstFault != nil)
        return environment.page(.audit, view, title: "Audit", at: .audit, for: scope)
    }

    private func entries(_ wanted: AuditQuery, before: Int64?) async throws -> [AuditLog.Entry] {
        do {
            return try await environment.main.withDatabase(.read) { database in
                try await AuditLog(database).list(
                    before: before, limit: ConsoleEnvironment.pageSize + 1, try await wanted.filter(in: database))
            }
        } catch is AuditQuery.UnknownUser {
            // An incomplete name, while it is being typed, matches nobody.
            return []
        }
    }

    private static func words(_ chain: AuditLog.Verification) -> String {
        guard let fault = chain.firstFault else {
            return "Chain intact, \(GroupedNumber.text(Int(chain.entries))) entries. Newest hash: \(chain.head)"
        }
        return "Chain broken at entry \(fault): it was changed, or an entry before it is missing. The "
            + "\(GroupedNumber.text(Int(chain.entries))) entries before it are intact. Run: unify doctor"
    }
}
