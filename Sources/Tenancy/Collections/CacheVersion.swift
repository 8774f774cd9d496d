/// The rule by which caches of what the main database says stay true: what was read before an invalidation is not kept after
/// it, so that a slow reader never undoes a change.
///
/// A look-up that finds nothing takes the version along to the main database and gives it back with what it read.
package struct CacheVersion: Sendable, Equatable {
    private var number: UInt64 = 0

    package init() {}

    /// From now on nothing is kept that was looked up before.
    package mutating func invalidate() { number += 1 }
}
