internal import Hummingbird
internal import Tenancy

/// The first page of the console: the whole installation in figures.
struct OverviewPages: Sendable {
    let desk: ConsoleDesk

    var endpoints: [Endpoint] { [.page(.get, "/admin/console", .admin, show)] }

    private struct View {
        let streamPath: String
        /// HTML.
        let figures: String
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        let figures = try await figures(desk.renderer.time(of: scope))
        let view = View(streamPath: "/admin/console/live/overview", figures: figures)
        return desk.page(.overview, view, title: "Overview", at: .overview, for: scope)
    }

    /// The live part of the page, as HTML.
    func figures(_ time: PageTime) async throws -> String {
        let counts = try await desk.counts.counts()
        let errors = desk.errors.newest(5)
        let names = try await desk.names(of: errors.map(\.userID))
        let view = OverviewView(
            counts, total: desk.sizes.total(), samples: desk.traffic.samples, pools: desk.manager.poolReport,
            freeBytes: await FreeDisk.bytesApart(at: desk.settings.dataDirectory),
            attention: try await AttentionView(desk, time), errors: errors, names: names, time: time)
        return desk.renderer.fragment(.overviewFigures, view)
    }
}
