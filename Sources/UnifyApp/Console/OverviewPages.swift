internal import Hummingbird
internal import Tenancy

/// The first page of the console: the whole installation in figures.
struct OverviewPages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] { [.page(.get, "/admin/console", .admin, show)] }

    private struct View {
        let streamPath: String
        /// HTML.
        let figures: String
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        try scope.finishHead()
        let figures = try await figures(environment.renderer.time(of: scope))
        let view = View(streamPath: "/admin/console/live/overview", figures: figures)
        return environment.page(.overview, view, title: "Overview", at: .overview, for: scope)
    }

    /// The live part of the page, as HTML.
    func figures(_ time: PageTime) async throws -> String {
        let counts = try await environment.counts.counts()
        let errors = environment.errors.newest(5)
        let names = try await environment.names(of: errors.map(\.userID))
        let view = OverviewView(
            counts, total: environment.sizes.total(), samples: environment.traffic.samples,
            pools: environment.manager.poolReport,
            freeBytes: await FreeDisk.bytesApart(at: environment.settings.dataDirectory),
            attention: try await AttentionView(environment, time), errors: errors, names: names, time: time)
        return environment.renderer.fragment(.overviewFigures, view)
    }
}
