internal import Synchronization
internal import Tenancy

/// Bounds the number of concurrent slow statements, so that threads remain for short ones.
final class SlowStatements: Sendable {
    /// Statements that run longer are slow.
    static let threshold: Duration = .milliseconds(50)

    private let limit: Int
    private let count = Lock(0)

    init(limit: Int) { self.limit = limit }

    /// - Returns: false if the bound is reached.
    func enter() -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
