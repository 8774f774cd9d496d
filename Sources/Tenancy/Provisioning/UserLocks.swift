internal import DequeModule

/// One holder at a time for each user, within this process, first come, first served.
actor UserLocks {
    private var waiting: [UserID: Deque<CheckedContinuation<Void, Never>>] = [:]

    /// Runs the body while no other body runs for the same user. The wait is bounded by the work of earlier bodies,
    /// each of which has its own limits.
    nonisolated func withLock<Result: Sendable>(
        _ userID: UserID, _ body: @Sendable () async throws -> Result
    ) async rethrows -> Result {
        await lock(userID)
        do {
            let result = try await body()
            await unlock(userID)
            return result
        } catch {
            await unlock(userID)
            throw error
        }
    }

    private func lock(_ userID: UserID) async {
        guard waiting[userID] != nil else {
            waiting[userID] = []
            return
        }
        await withCheckedContinuation { waiting[userID]?.append($0) }
    }

    private func unlock(_ userID: UserID) {
        if let next = waiting[userID]?.popFirst() { next.resume() } else { waiting[userID] = nil }
    }
}
