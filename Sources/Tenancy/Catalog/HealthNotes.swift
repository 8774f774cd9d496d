internal import Synchronization

/// Keeps the writing down of databases' health bounded: one write at a time for each user, and none for a while after one has
/// failed, however many requests fail.
final class HealthNotes: Sendable {
    /// How long nothing is written after a failure to write.
    static let pause: Duration = .seconds(5)
    /// Databases that can be waiting for a look because a request could open them.
    static let maxWanted = 1000

    private struct State {
        var underWay: Set<UserID> = []
        var pausedUntil: Duration = .zero
        var wanted: Set<UserID> = []
    }

    private let state = Lock(State())

    /// - Returns: whether the caller is to write; then ``end(_:isStored:now:)`` must follow.
    func begin(_ userID: UserID, now: Duration) -> Bool {
        state.withLock { $0.pausedUntil <= now && $0.underWay.insert(userID).inserted }
    }

    func end(_ userID: UserID, isStored: Bool, now: Duration) {
        state.withLock { state in
            state.underWay.remove(userID)
            if !isStored { state.pausedUntil = now + Self.pause }
        }
    }

    /// Asks for a look at a database that could be opened though it is known as unhealthy.
    func want(_ userID: UserID) {
        state.withLock { state in
            if state.wanted.count < Self.maxWanted { state.wanted.insert(userID) }
        }
    }

    /// The databases that were asked for since the last call.
    func takeWanted() -> [UserID] {
        state.withLock { state in
            defer { state.wanted = [] }
            return state.wanted.sorted()
        }
    }
}
