internal import Synchronization

/// Bounds the writes of databases' health, however many requests fail: one write at a time per user, and none for a
/// while after a failed write.
final class HealthNotes: Sendable {
    /// How long to write nothing after a failed write.
    static let pause: Duration = .seconds(5)
    /// The most databases that can wait for a check because a request could open them.
    static let maxWanted = 1000

    private struct State {
        var underWay: Set<UserID> = []
        var pausedUntil: Duration = .zero
        var wanted: Set<UserID> = []
    }

    private let state = Lock(State())

    /// - Returns: whether the caller should write; if so, ``end(_:isStored:now:)`` must follow.
    func begin(_ userID: UserID, now: Duration) -> Bool {
        state.withLock { $0.pausedUntil <= now && $0.underWay.insert(userID).inserted }
    }

    func end(_ userID: UserID, isStored: Bool, now: Duration) {
        state.withLock { state in
            state.underWay.remove(userID)
            if !isStored { state.pausedUntil = now + Self.pause }
        }
    }

    /// Requests a check of a database that could be opened although it is recorded as unhealthy.
    func want(_ userID: UserID) {
        state.withLock { state in
            if state.wanted.count < Self.maxWanted { state.wanted.insert(userID) }
        }
    }

    /// The databases requested since the last call.
    func takeWanted() -> [UserID] {
        state.withLock { state in
            defer { state.wanted = [] }
            return state.wanted.sorted()
        }
    }
}
