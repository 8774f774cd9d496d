internal import Synchronization
internal import Tenancy

extension Task {
    /// The task's value, if the task ends in time. Otherwise a fault in what is tested would hang the test.
    /// - Parameter what: what the end of the task means.
    /// - Throws: the task's error; ``TooLate`` if the task has not ended within the limit. It goes on then.
    package func value(_ what: String, within limit: Duration = .seconds(15)) async throws -> Success {
        let hasEnded = Lock(false)
        Task<Void, Never> {
            _ = await self.result
            hasEnded.withLock { $0 = true }
        }
        try await eventually(what, within: limit) { hasEnded.withLock { $0 } }
        return try await result.get()
    }
}
