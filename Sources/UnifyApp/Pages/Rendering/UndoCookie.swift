internal import Hummingbird

/// Tells the page after a form what can be undone. A cookie rather than a part of the address, which stays in
/// histories and in proxies' logs.
enum UndoCookie {
    /// What can be undone.
    enum Undoable: Equatable {
        /// A deletion: the key of ``DeletedItems``.
        case item(String)
        /// That a task was checked off: its number.
        case check(Int64)

        private static let checkPrefix = "task-"

        fileprivate init(_ text: String) {
            let prefix = Self.checkPrefix
            let number = text.hasPrefix(prefix) ? Int64(plain: String(text.dropFirst(prefix.count))) : nil
            self = number.map(Self.check) ?? .item(text)
        }

        fileprivate var text: String {
            switch self {
            case .item(let key): key
            case .check(let id): "\(Self.checkPrefix)\(id)"
            }
        }
    }

    static let name = "unify_undo"
    /// The browser requests the page at once; the page's form then contains the undo.
    private static let lifetimeSeconds = 60
    private static let maxLength = 50

    static func undoable(of request: Request) -> Undoable? {
        guard let text = request.cookies[name]?.value, !text.isEmpty, text.utf8.count <= maxLength else { return nil }
        return Undoable(text)
    }

    fileprivate static func cookie(_ undoable: Undoable) -> Cookie {
        // Only usable by the same user, so it need not be Secure.
        Cookie(name: name, value: undoable.text, maxAge: lifetimeSeconds, path: "/", httpOnly: true, sameSite: .lax)
    }
}

extension Response {
    /// Leads on to a page that offers to undo.
    static func seeOther(_ path: String, notice: PageNotice, undo undoable: UndoCookie.Undoable) -> Response {
        var response = seeOther(path, notice: notice)
        response.setCookie(UndoCookie.cookie(undoable))
        return response
    }
}
