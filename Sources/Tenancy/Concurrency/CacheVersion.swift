/// What a look-up in a ``VersionedCache`` takes before it reads, and hands back with what it has read.
package struct CacheVersion: Sendable, Equatable {
    private var number: UInt64 = 0

    package init() {}

    /// Nothing that was looked up before this call is kept.
    mutating func invalidate() { number += 1 }
}
