internal import ServiceLifecycle
internal import Synchronization
internal import Tenancy

/// Recently deleted items that users can restore.
///
/// Lives in the memory of one process and is empty after a restart. As a service, it forgets expired items.
final class DeletedItems: Service {
    enum Item: Sendable {
        case task(TaskItem)
        case note(NoteItem)
        case event(EventItem)

        /// Its approximate memory size.
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
    static let sweepInterval: Duration = .seconds(60)
    /// Limits on all items together, and on those of one user; beyond them the oldest are dropped.
    static let maxBytes = 64 * 1024 * 1024
    static let maxBytesPerUser = 8 * 1024 * 1024

    private struct Entry {
        let userID: UserID
        let item: Item
        let deletedAt: Duration
    }

    private struct State {
        var entries = LRUCache<String, Entry>()
        var bytes = 0
        /// In the order of deletion.
        var keysByUser: [UserID: [String]] = [:]

        mutating func remove(_ key: String) -> Entry? {
            guard let entry = entries.remove(key) else { return nil }
            bytes -= entry.item.bytes
            keysByUser[entry.userID]?.removeAll { $0 == key }
            if keysByUser[entry.userID]?.isEmpty == true { keysByUser[entry.userID] = nil }
            return entry
        }

        func bytes(of userID: UserID) -> Int {
            keysByUser[userID, default: []].reduce(0) { $0 + (entries.peek($1)?.item.bytes ?? 0) }
        }

        mutating func dropExpired(now: Duration) {
            while let oldest = entries.oldestKey, let entry = entries.peek(oldest),
                now - entry.deletedAt > DeletedItems.lifetime
            {
                _ = remove(oldest)
            }
        }
    }

    private let time: any TimeSource
    private let maxBytes: Int
    private let maxBytesPerUser: Int
    private let state = Lock(State())

    init(
        time: any TimeSource, maxBytes: Int = DeletedItems.maxBytes,
        maxBytesPerUser: Int = DeletedItems.maxBytesPerUser
    ) {
        self.time = time
        self.maxBytes = maxBytes
        self.maxBytesPerUser = maxBytesPerUser
    }

    /// - Returns: a token for restoring the item.
    func keep(_ item: Item, of userID: UserID) -> String {
        let key = SessionToken.random().text
        let now = time.monotonicNow
        state.withLock { state in
            state.dropExpired(now: now)
            state.entries.set(Entry(userID: userID, item: item, deletedAt: now), for: key)
            state.bytes += item.bytes
            state.keysByUser[userID, default: []].append(key)
            while state.bytes(of: userID) > maxBytesPerUser, let oldest = state.keysByUser[userID]?.first {
                _ = state.remove(oldest)
            }
            while state.bytes > maxBytes, let oldest = state.entries.oldestKey { _ = state.remove(oldest) }
        }
        return key
    }

    func run() async throws { await time.repeatedly(after: Self.sweepInterval) { self.dropExpired() } }

    func dropExpired() {
        let now = time.monotonicNow
        state.withLock { $0.dropExpired(now: now) }
    }

    /// The item, which is kept no longer; nil if there is none of this user's.
    func take(_ key: String, of userID: UserID) -> Item? {
        let now = time.monotonicNow
        return state.withLock { state in
            guard let entry = state.entries.peek(key), entry.userID == userID else { return nil }
            _ = state.remove(key)
            return now - entry.deletedAt <= Self.lifetime ? entry.item : nil
        }
    }
}
