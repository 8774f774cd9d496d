internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Tenancy

extension MultiTenantDatabaseManager.HealthSummary {
    /// The reasons for which a server that answers is not quite well.
    var notices: [String] {
        [
            (unhealthyDatabases.isEmpty, "unhealthy_databases"), (unreachableServers.isEmpty, "unreachable_servers"),
            (unusableServers.isEmpty, "unusable_servers"), (takesNewDatabases, "no_server_for_new_databases"),
        ].filter { !$0.0 }.map(\.1)
    }
}

/// Health, readiness, metrics, and the description of the interface.
struct OperationsController: Sendable {
    let main: MainDatabase
    let manager: MultiTenantDatabaseManager
    let metrics: PrometheusMetrics
    let readiness: Readiness
    let sizes: FleetSizes
    let isMultiTenant: Bool
    let openAPI: ByteBuffer

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/healthz", .operations) { _ in .json { $0.member("status", "ok" as String) } },
            Endpoint(.get, "/readyz", .operations, ready),
            Endpoint(.get, "/metrics", .operations, cost: .long, scrape),
        ]
    }

    /// Of the whole interface, for everybody.
    var description: Endpoint {
        Endpoint(.get, "/openapi.yaml", .anyone) { [openAPI] _ in
            Response(
                status: .ok, headers: [.contentType: "application/yaml"], body: ResponseBody(byteBuffer: openAPI))
        }
    }

    private func ready(_ scope: RequestScope) async throws -> Response {
        let reasons = await readiness.reasons(main: main)
        // If the main database is unreachable, the reasons say so, and the health is left out.
        let isAnswering = !reasons.contains("main_database_unreachable")
        let health = isMultiTenant && isAnswering ? try? await manager.healthSummary() : nil
        var response = Response.json(reasons.isEmpty ? .ok : .serviceUnavailable) { json in
            // Still ready: the effects of the older copy have been undone.
            let notices =
                readiness.notices + (manager.foundOlderCopy ? ["main_database_restored"] : [])
                + (manager.mainRecordFault == nil ? [] : ["main_database_record_unwritable"])
                + (health?.notices ?? [])
            json.member("status", !reasons.isEmpty ? "unavailable" : notices.isEmpty ? "ok" : "degraded")
            json.name("reasons")
            json.array(reasons + notices) { $0.string($1) }
            json.member("unhealthy_databases", health?.unhealthyCount ?? 0)
            json.member("unreachable_servers", health?.unreachableServers.count ?? 0)
            json.member("unusable_servers", health?.unusableServers.count ?? 0)
        }
        if !reasons.isEmpty { response.headers[.retryAfter] = "5" }
        return response
    }

    private func scrape(_ scope: RequestScope) async throws -> Response {
        let headers: HTTPFields = [.contentType: "text/plain; version=0.0.4; charset=utf-8"]
        try scope.finishHead(headers)
        manager.recordPoolMetrics()
        // Kept up to date in the background while requested.
        _ = sizes.total()
        // The other metrics are returned even if the main database is unreachable; readiness reports that.
        try? await manager.recordHealthMetrics()
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.exposition())))
    }
}
