internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Tenancy

/// Makes pages: content from a template, and the frame around it.
struct PageRenderer: Sendable {
    let templates: PageTemplates
    let assets = PageAssets()
    let time: any TimeSource
    let undoCookie: UndoCookie
    /// Whether visitors are offered to register.
    var takesNewAccounts = true

    func time(of scope: RequestScope) -> PageTime { PageTime(scope.request, now: time.wallNow) }

    /// - Parameters:
    ///   - view: its stored properties are the template's variables.
    ///   - place: the page's place in the menus.
    func page(
        _ template: PageTemplate, _ view: Any, title: String, at place: PagePlace? = nil, for scope: RequestScope,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let frame = frame(
            title, at: place, user: scope.session?.user, notice: notice(of: scope),
            content: templates.render(template, view))
        return html(templates.render(.layout, frame), status)
    }

    /// A part of a page, for live updates.
    func fragment(_ template: PageTemplate, _ view: Any) -> String { templates.render(template, view) }

    /// An error as a page.
    /// - Parameter requestID: of the request, by which the operator finds it in the log.
    func problem(_ problem: Problem, of request: Request, for user: UserAccount?, requestID: String) -> Response {
        let path = [.get, .head].contains(request.method) ? request.uri.string : nil
        let isInConsole = user?.isAdmin == true && request.uri.path.hasPrefix("/admin/")
        let view = ProblemView(
            problem, at: path, isSignedIn: user != nil, isInConsole: isInConsole, requestID: requestID)
        let frame = frame(
            view.title, at: nil, user: user, notice: nil, content: templates.render(.problem, view))
        var response = html(templates.render(.layout, frame), problem.status)
        if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        if !problem.allow.isEmpty { response.headers[.allow] = problem.allow.map(\.rawValue).joined(separator: ", ") }
        return response
    }

    /// Leads the browser on to a page that offers to undo.
    func seeOther(_ path: String, notice: PageNotice, undo undoable: UndoCookie.Undoable) -> Response {
        var response = Response.seeOther(path, notice: notice)
        response.setCookie(undoCookie.holding(undoable))
        return response
    }

    private func html(_ text: String, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func frame(
        _ title: String, at place: PagePlace?, user: UserAccount?, notice: PageView.Notice?, content: String
    ) -> PageView {
        PageView(
            title: title, stylesheet: assets.stylesheet.path, script: assets.script.path, icon: assets.icon.path,
            username: user?.username, links: user.map { PagePlace.links(isAdmin: $0.isAdmin, at: place) } ?? [],
            consoleLinks: place.map(PagePlace.consoleLinks(at:)) ?? [], notice: notice, content: content,
            takesNewAccounts: takesNewAccounts)
    }

    /// The page's address without its message.
    private func back(to request: Request) -> String {
        let values = URLEncodedPairs(request.uri.query ?? "").values.filter { $0.key != "notice" }
        return values.sorted { $0.key < $1.key }.reduce(request.uri.path) { LocalPath.adding($1.key, $1.value, to: $0) }
    }

    /// The message about the previous page's form.
    private func notice(of scope: RequestScope) -> PageView.Notice? {
        // The page itself refuses an invalid query; here it only has no message.
        var query = scope.query
        guard let word = query.text("notice", maxLength: 50), let notice = PageNotice(rawValue: word) else {
            return nil
        }
        return PageView.Notice(text: notice.text, isError: notice.isError, undo: undo(of: notice, scope.request))
    }

    private func undo(of notice: PageNotice, _ request: Request) -> PageView.Undo? {
        switch (notice, undoCookie.undoable(of: request)) {
        case (.deleted, .item(let key)), (.notStored, .item(let key)):
            PageView.Undo("/undo", ["key": key, "back": back(to: request)])
        case (.checked, .check(let id)):
            PageView.Undo("\(PagePlace.tasks.path)/\(id)/done", ["done": "false", "back": back(to: request)])
        default: nil
        }
    }
}

extension Response {
    /// Leads the browser on, by GET, when a form has been done with.
    static func seeOther(_ path: String, notice: PageNotice? = nil) -> Response {
        let target = notice.map { LocalPath.adding("notice", $0.rawValue, to: path) } ?? path
        return Response(status: .seeOther, headers: [.location: target])
    }
}
