internal import Hummingbird

/// Tells the page after a deletion what would undo it. A cookie and no part of the address, which stays in histories and in
/// the logs of proxies.
enum UndoCookie {
    static let name = "unify_undo"
    /// The page is asked for at once; what it offers then is in its form.
    private static let lifetimeSeconds = 60
    private static let maxKey = 50

    static func key(of request: Request) -> String? {
        guard let key = request.cookies[name]?.value, !key.isEmpty, key.utf8.count <= maxKey else { return nil }
        return key
    }

    fileprivate static func cookie(_ key: String) -> Cookie {
        // Good for whoever deleted alone, so that it need not be Secure.
        Cookie(name: name, value: key, maxAge: lifetimeSeconds, path: "/", httpOnly: true, sameSite: .lax)
    }
}

extension Response {
    /// Leads on to a page that offers to undo.
    /// - Parameter key: as ``DeletedItems`` gave it.
    static func seeOther(_ path: String, notice: PageNotice, undo key: String) -> Response {
        var response = seeOther(path, notice: notice)
        response.setCookie(UndoCookie.cookie(key))
        return response
    }
}
