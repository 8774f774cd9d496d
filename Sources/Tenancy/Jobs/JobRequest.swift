/// A job that is to be begun.
public struct JobRequest: Sendable {
    /// The most UTF-8 bytes of a payload.
    public static let maxPayload = 64 * 1024

    public let kind: JobKind
    public var userID: UserID?
    /// For the handler, in a form of its own. Never a secret: it is stored and shown as it is.
    public var payload: String?
    /// The address of the server that the job needs, see ``DatabaseLocation/serverAddress``; nil for none.
    public var lane: String?
    /// The number of steps or items, if it is known.
    public var total: Int?
    public var parentID: Int64?
    /// The administrator who asked for it.
    public var actor: UserID?

    public init(
        _ kind: JobKind, userID: UserID? = nil, payload: String? = nil, lane: String? = nil, total: Int? = nil,
        parentID: Int64? = nil, actor: UserID? = nil
    ) {
        precondition((payload?.utf8.count ?? 0) <= Self.maxPayload, "a payload of more than 64 KiB")
        self.kind = kind
        self.userID = userID
        self.payload = payload
        self.lane = lane
        self.total = total
        self.parentID = parentID
        self.actor = actor
    }
}
