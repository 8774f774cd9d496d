internal import Synchronization
internal import Tenancy

/// Lets a bounded number of costly works in at a time; one more is refused at once.
final class AdmissionGate: Sendable {
    private let limit: Int
    private let refusal: Problem
    private let inside = Lock(0)

    /// - Parameter refusal: what the one too many is told.
    init(limit: Int, refusal: Problem) {
        self.limit = limit
        self.refusal = refusal
    }

    func admit<Result>(_ body: () async throws -> Result) async throws -> Result {
        let isAdmitted = inside.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw refusal }
        defer { inside.withLock { $0 -= 1 } }
        return try await body()
    }
}
