internal import Synchronization
internal import Tenancy

/// Items that were deleted a moment ago, so that their users can have them back.
///
/// Lives in the memory of one process and is empty after a restart.
final class DeletedItems: Sendable {
    enum Item: Sendable {
        case task(TaskItem)
        case note(NoteItem)
        case event(EventItem)

        /// What it takes of memory, near enough.
        fileprivate var bytes: Int {
            switch self {
            case .task(let task): task.title.utf8.count + (task.description?.utf8.count ?? 0) + 500
            case .note(let note): note.title.utf8.count + note.body.utf8.count + 500
            case .event(let event): event.title.utf8.count + (event.description?.utf8.count ?? 0) + 500
            }
        }
    }

    /// How long an item is kept.
    static let lifetime: Duration = .seconds(600)
    /// What all items together may take; the oldest go when it is more.
    static let maxBytes = 64 * 1024 * 1024

    private struct Entry {
        let userID: UserID
        let item: Item
        let deletedAt: Duration
    }

    private struct State {
        var entries = LRUCache<String, Entry>()
        var bytes = 0

        mutating func remove(_ key: String) -> Entry? {
            let entry = entries.remove(key)
            bytes -= entry?.item.bytes ?? 0
            return entry
        }
    }

    private let time: any TimeSource
    private let maxBytes: Int
    private let state = Lock(State())

    init(time: any TimeSource, maxBytes: Int = DeletedItems.maxBytes) {
        self.time = time
        self.maxBytes = maxBytes
    }

    /// - Returns: what to ask for the item with.
    func keep(_ item: Item, of userID: UserID) -> String {
        let key = SessionToken.random().text
        let now = time.monotonicNow
        state.withLock { state in
            state.entries.set(Entry(userID: userID, item: item, deletedAt: now), for: key)
            state.bytes += item.bytes
            while let oldest = state.entries.oldestKey, let entry = state.entries.peek(oldest),
                state.bytes > maxBytes || now - entry.deletedAt > Self.lifetime
            {
                _ = state.remove(oldest)
            }
        }
        return key
    }

    /// The item, which is kept no longer; nil where there is none of this user's.
    func take(_ key: String, of userID: UserID) -> Item? {
        let now = time.monotonicNow
        return state.withLock { state in
            guard let entry = state.entries.peek(key), entry.userID == userID else { return nil }
            _ = state.remove(key)
            return now - entry.deletedAt <= Self.lifetime ? entry.item : nil
        }
    }
}
