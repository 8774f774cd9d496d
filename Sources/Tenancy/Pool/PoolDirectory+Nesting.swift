internal import Synchronization

/// Leases inside leases: one that would wait for its own task is refused at once.
extension PoolDirectory {
    @TaskLocal private static var held: HeldLeases?

    /// The leases of this directory that the task holds, as far as they are marked; some may have ended.
    var heldByTask: [Machine.Lease] { Self.held?.leases(of: self) ?? [] }

    /// Whether a lease can be in the way of one inside it. A read of a file is only if there is room for one connection, so
    /// the commonest of all leases is not marked.
    func isMarked(_ access: Access, hasSingleWriter: Bool, exclusively: Bool) -> Bool {
        access == .write || exclusively || !hasSingleWriter || hasRoomForOne
    }

    /// Whether every lease has to end before the next one begins.
    var hasRoomForOne: Bool { limits.maxPerDatabase == 1 || limits.maxConnections == 1 }

    /// Whether the task holds a lease of which it is known.
    var isHeldByTask: Bool { state.withLock { state in heldByTask.contains { state.machine.isOut($0) } } }

    /// Runs the body of a lease, and marks its task.
    func marking<Result>(
        _ lease: Machine.Lease, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        let held = HeldLeases(lease, of: self, inside: Self.held)
        return try await Self.$held.withValue(held, operation: body)
    }
}
