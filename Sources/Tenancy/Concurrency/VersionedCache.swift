/// What was read from the main database, bounded, the least recently used entry dropped first. A value inside its owner's lock.
///
/// A value read before an invalidation is not kept after it, so a slow reader never restores an old value: a look-up that
/// misses takes the version before it reads, and hands it back with what it has read.
package struct VersionedCache<Key: Hashable, Value> {
    package enum Answer {
        case known(Value)
        /// Read the main database and pass this version to ``keep(_:for:version:)``.
        case ask(version: CacheVersion)
    }

    private let limit: Int
    private var entries = LRUCache<Key, Value>()
    private(set) package var version = CacheVersion()

    /// - Parameter limit: the most entries.
    package init(limit: Int) {
        precondition(limit > 0)
        self.limit = limit
    }

    package var count: Int { entries.count }

    package mutating func answer(for key: Key) -> Answer {
        value(for: key).map { .known($0) } ?? .ask(version: version)
    }

    package mutating func value(for key: Key) -> Value? { entries.use(key) }

    /// Keeps what was read, unless anything was invalidated since.
    /// - Returns: whether it is kept, and the entry that was dropped for it.
    @discardableResult
    package mutating func keep(
        _ value: Value, for key: Key, version: CacheVersion
    ) -> (isKept: Bool, dropped: (key: Key, value: Value)?) {
        guard version == self.version else { return (false, nil) }
        entries.set(value, for: key)
        return (true, entries.count > limit ? entries.popOldest() : nil)
    }

    /// Changes an entry, if there is one, by what its owner has written itself.
    package mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        guard var value = entries.peek(key) else { return }
        change(&value)
        entries.set(value, for: key)
    }

    /// Forgets an entry, and keeps nothing that is being read.
    @discardableResult
    package mutating func invalidate(_ key: Key) -> Value? {
        version.invalidate()
        return entries.remove(key)
    }

    /// The same for several, perhaps none.
    package mutating func invalidate(contentsOf keys: some Sequence<Key>) {
        version.invalidate()
        for key in keys { entries.remove(key) }
    }

    package mutating func invalidateAll() {
        version.invalidate()
        entries.removeAll()
    }
}

extension VersionedCache: Sendable where Key: Sendable, Value: Sendable {}
