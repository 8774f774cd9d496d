internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// All pages, with the files that they load.
struct Pages: Sendable {
    let renderer: PageRenderer
    let endpoints: [Endpoint]

    init(renderer: PageRenderer, endpoints: [[Endpoint]]) {
        self.renderer = renderer
        self.endpoints = renderer.assets.endpoints + endpoints.flatMap { $0 }
    }

    /// An error on a page: whoever is not signed in is led to where they can be, and back.
    func answer(_ problem: Problem, to request: Request) -> Response {
        guard problem.code == Problem.notSignedIn.code else { return renderer.problem(problem) }
        let isReading = [.get, .head].contains(request.method)
        let target = LocalPath.query("/sign-in", ["next": isReading ? request.uri.string : nil])
        return .seeOther(target, notice: .notSignedIn)
    }

    /// Whether a request for what is nowhere comes from a browser's address bar or a link, so that a page answers it.
    func isForPage(_ request: Request) -> Bool {
        request.headers[.accept]?.contains("text/html") ?? false
    }
}
