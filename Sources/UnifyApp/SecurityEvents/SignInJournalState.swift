internal import Tenancy

/// Decides which sign-in attempts are recorded one by one, and which are counted and recorded as one entry. A flood
/// neither grows the audit log nor takes memory without bound.
struct SignInJournalState {
    /// Entries of one kind for one name from one network in an hour; more are counted, and written down together after it.
    static let maxSingle = 10
    static let window: Duration = .seconds(3600)
    /// Entries of failures in a minute, over all names and addresses; more are counted with those of their name and address.
    static let maxPerMinute = 30
    /// Names and addresses counted separately; the least recently used are counted together without a name.
    static let maxKeys = 10_000

    private struct Key: Hashable {
        let action: SecurityAction
        let name: String
        let network: String
    }

    private struct Window {
        let start: Timestamp
        var written = 0
        /// The last of the attempts that were only counted.
        var more: SignInTry?
    }

    private var windows = LRUCache<Key, Window>()
    private var others: [SecurityAction: SignInTry] = [:]
    private var waiting: [SignInTry] = []
    private var minute: Timestamp?
    private var writtenInMinute = 0
    private var lookedAt: Timestamp?

    /// Takes an attempt.
    /// - Returns: whether to record it individually.
    mutating func admits(_ new: SignInTry) -> Bool {
        let key = Key(action: new.action, name: new.name.lowercased(), network: new.client.network)
        var window = windows.use(key) ?? Window(start: new.date)
        if hasEnded(window, at: new.date) {
            if let more = window.more { waiting.append(more) }
            window = Window(start: new.date)
        }
        // A flood of failures must not hide that one try was right.
        let isSingle = window.written < Self.maxSingle && (new.action == .signedIn || takeOfMinute(at: new.date))
        if isSingle {
            window.written += 1
        } else {
            window.more = Self.adding(new, to: window.more)
        }
        windows.set(window, for: key)
        while windows.count > Self.maxKeys, let oldest = windows.popOldest() {
            if let more = oldest.value.more { others[more.action] = Self.adding(more, to: others[more.action]) }
        }
        return isSingle
    }

    /// Takes in a try that is written down later.
    mutating func add(_ new: SignInTry) {
        if admits(new) { waiting.append(new) }
    }

    /// The entries to record now.
    /// - Parameter isLast: whether nothing follows, so that counted attempts are recorded at once.
    mutating func take(at date: Timestamp, isLast: Bool = false) -> [SignInTry] {
        // Going through all of them is worth it once a minute.
        if isLast || (lookedAt.map { $0.adding(.seconds(60)) <= date } ?? true) {
            lookedAt = date
            tellCounted(at: date, isLast: isLast)
        }
        defer { waiting = [] }
        return waiting
    }

    private mutating func tellCounted(at date: Timestamp, isLast: Bool) {
        for key in windows.keys {
            guard let window = windows.peek(key), isLast || hasEnded(window, at: date) else { continue }
            if let more = window.more {
                guard isLast || takeOfMinute(at: date) else { continue }
                waiting.append(more)
            }
            _ = windows.remove(key)
        }
        for (action, more) in others where isLast || takeOfMinute(at: date) {
            waiting.append(SignInTry(action: action, name: "", client: more.client, date: more.date, times: more.times))
            others[action] = nil
        }
    }

    private func hasEnded(_ window: Window, at date: Timestamp) -> Bool { window.start.adding(Self.window) <= date }

    private mutating func takeOfMinute(at date: Timestamp) -> Bool {
        if minute.map({ $0.adding(.seconds(60)) <= date }) ?? true { (minute, writtenInMinute) = (date, 0) }
        guard writtenInMinute < Self.maxPerMinute else { return false }
        writtenInMinute += 1
        return true
    }

    private static func adding(_ new: SignInTry, to sum: SignInTry?) -> SignInTry {
        var result = new
        result.times += sum?.times ?? 0
        return result
    }
}
