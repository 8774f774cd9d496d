internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// All pages, with the files that they load.
struct Pages: Sendable {
    let renderer: PageRenderer
    let endpoints: [Endpoint]
    private let authenticator: Authenticator

    init(renderer: PageRenderer, authenticator: Authenticator, endpoints: [[Endpoint]]) {
        self.renderer = renderer
        self.authenticator = authenticator
        self.endpoints = renderer.assets.endpoints + endpoints.flatMap { $0 }
    }

    /// An error on a page: whoever is not signed in is led to where they can be, and back.
    func answer(_ problem: Problem, to request: Request, id requestID: String) async -> Response {
        if problem.code == Problem.secondFactorMissing.code {
            return .seeOther(SecondFactorPages.path, notice: .secondFactorNeeded)
        }
        guard problem.code == Problem.notSignedIn.code else {
            // Who cannot be found out, be it for the same fault, sees the frame of a visitor.
            let session = try? await authenticator.session(of: request)
            return renderer.problem(problem, of: request, for: session?.user, requestID: requestID)
        }
        let isReading = [.get, .head].contains(request.method)
        let target = LocalPath.query("/sign-in", ["next": isReading ? request.uri.string : nil])
        return .seeOther(target, notice: .notSignedIn)
    }

    /// Whether a request for what is nowhere comes from a browser's address bar or a link, so that a page answers it.
    func isForPage(_ request: Request) -> Bool {
        request.headers[.accept]?.contains("text/html") ?? false
    }
}
