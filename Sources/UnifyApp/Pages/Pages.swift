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

    /// An error as a page; visitors who are not signed in are redirected to sign in, and back.
    func answer(_ problem: Problem, to request: Request, id requestID: String) async -> Response {
        if problem.code == Problem.secondFactorMissing.code {
            return .seeOther(SecondFactorPages.path, notice: .secondFactorNeeded)
        }
        guard problem.code == Problem.notSignedIn.code else {
            // If the user cannot be determined, perhaps because of the same fault, the page looks as for a visitor.
            let session = try? await authenticator.session(of: request)
            return renderer.problem(problem, of: request, for: session?.user, requestID: requestID)
        }
        let isReading = [.get, .head].contains(request.method)
        let target = LocalPath.query("/sign-in", ["next": isReading ? request.uri.string : nil])
        return .seeOther(target, notice: .notSignedIn)
    }

    /// Whether a request for an unknown path comes from a browser's address bar or a link, so that a page answers it.
    func isForPage(_ request: Request) -> Bool {
        request.headers[.accept]?.contains("text/html") ?? false
    }
}
