internal import Foundation
internal import Hummingbird
internal import NIOCore
internal import Tenancy

/// Health, readiness, metrics, and the description of the interface.
struct OperationsController: Sendable {
    let main: MainDatabase
    let manager: MultiTenantDatabaseManager
    let metrics: PrometheusMetrics
    let readiness: Readiness
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
        var response = Response.json(reasons.isEmpty ? .ok : .serviceUnavailable) { json in
            // Ready all the same: what the older copy brought back has been ended.
            let notices =
                readiness.notices + (manager.foundOlderCopy ? ["main_database_restored"] : [])
                + (manager.mainRecordFault == nil ? [] : ["main_database_record_unwritable"])
            json.member("status", !reasons.isEmpty ? "unavailable" : notices.isEmpty ? "ok" : "degraded")
            json.name("reasons")
            json.array(reasons + notices) { $0.string($1) }
        }
        if !reasons.isEmpty { response.headers[.retryAfter] = "5" }
        return response
    }

    private func scrape(_ scope: RequestScope) async throws -> Response {
        manager.recordPoolMetrics()
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.exposition())))
    }
}
