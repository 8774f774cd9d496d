internal import Synchronization
internal import Tenancy

/// Lets a bounded number of costly works in at a time; one more is refused at once.
final class AdmissionGate: Sendable {
    private let limit: Int
    private let refusal: Problem
    private let inside = Lock(0)

    /// - Parameter refusal: the error when the gate is full.
    init(limit: Int, refusal: Problem) {
        self.limit = limit
        self.refusal = refusal
    }

    func admit<Result>(_ body: () async throws -> Result) async throws -> Result {
        let slot = try enter()
        defer { slot.leave() }
        return try await body()
    }

    /// Takes a place that is held for longer than a call.
    /// - Throws: the refusal, if there is none.
    func enter() throws -> Slot {
        let isAdmitted = inside.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw refusal }
        return Slot(self)
    }

    /// An occupied slot; released explicitly or on deinit.
    final class Slot: Sendable {
        private let gate: AdmissionGate
        private let hasLeft = Atomic(false)

        fileprivate init(_ gate: AdmissionGate) { self.gate = gate }

        deinit { leave() }

        func leave() {
            guard !hasLeft.exchange(true, ordering: .acquiringAndReleasing) else { return }
            gate.inside.withLock { $0 -= 1 }
        }
    }
}
