internal import Hummingbird

/// Tells the page after a form what can be undone. A cookie rather than a part of the address, which stays in
/// histories and in proxies' logs.
struct UndoCookie: Sendable {
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

    let name: String
    /// The browser requests the page at once; the page's form then contains the undo.
    private static let lifetimeSeconds = 60
    private static let maxLength = 50

    /// - Parameter session: the name of the session's cookie, as the setting gives it.
    init(session: String) { name = TokenCookie.companion("_undo", of: session) }

    func undoable(of request: Request) -> Undoable? {
        guard let text = request.cookies[name]?.value, !text.isEmpty, text.utf8.count <= Self.maxLength else {
            return nil
        }
        return Undoable(text)
    }

    func holding(_ undoable: Undoable) -> Cookie {
        // Only usable by the same user, so it need not be Secure.
        Cookie(
            name: name, value: undoable.text, maxAge: Self.lifetimeSeconds, path: "/", httpOnly: true, sameSite: .lax)
    }
}
