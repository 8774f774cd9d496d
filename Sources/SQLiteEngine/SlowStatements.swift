internal import Synchronization
internal import Tenancy

/// Lets a bounded number of statements run for long at a time, so that the other threads are there for short ones.
final class SlowStatements: Sendable {
    /// From then on a statement is a slow one.
    static let threshold: Duration = .milliseconds(50)

    private let limit: Int
    private let count = Lock(0)

    init(limit: Int) { self.limit = limit }

    /// - Returns: false if there are as many as there may be.
    func enter() -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
