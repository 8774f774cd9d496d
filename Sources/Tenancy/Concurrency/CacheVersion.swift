/// Keeps caches of the main database correct: a value read before an invalidation is not cached after it, so a slow
/// reader never restores an old value.
///
/// A look-up that misses takes the version before it reads the main database, and passes it back with the value.
package struct CacheVersion: Sendable, Equatable {
    private var number: UInt64 = 0

    package init() {}

    /// Nothing that was looked up before this call is kept.
    package mutating func invalidate() { number += 1 }
}
