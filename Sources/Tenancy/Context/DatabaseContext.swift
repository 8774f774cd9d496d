/// The user whose database the running code works with.
///
/// ``run(as:isolation:_:)`` binds the value to a task and its children and removes it when it returns, so there is no
/// current user to set or to forget.
public struct DatabaseContext: Sendable, Hashable {
    public let userID: UserID

    private struct Bound: Sendable {
        let context: DatabaseContext
        /// The task's write lease, on engines with one at a time for each user.
        let hold: WriteHold?
    }

    @TaskLocal private static var bound: Bound?

    /// The context of the running task; nil if there is none.
    public static var current: DatabaseContext? { bound?.context }

    /// The context of the running task.
    /// - Throws: ``TenancyError`` `noUserContext` if there is none.
    public static func required() throws -> DatabaseContext {
        guard let bound else {
            throw TenancyError(
                .noUserContext,
                "This code asks for a user's data but runs in no user's context. Wrap it in withUserContext(id) { … } "
                    + "or name the user.")
        }
        return bound.context
    }

    /// Runs the body in a user's context; does nothing if the task is already in that context.
    /// - Throws: what the body throws; ``TenancyError`` `contextConflict` inside another user's context.
    public static func run<Result>(
        as userID: UserID, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        try await run(as: userID, holding: nil, body)
    }

    /// - Parameter hold: of a lease for writing that the body asks for.
    /// - Throws: ``TenancyError`` `nestedLease` where the task holds one already.
    static func run<Result>(
        as userID: UserID, holding hold: WriteHold?, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try refuseConflict(with: userID)
        if hold != nil, let held = bound?.hold, held.isHeld {
            throw WriteHold.nested("a lease for writing of this user's database", userID: userID)
        }
        let new = Bound(context: DatabaseContext(userID: userID), hold: hold ?? bound?.hold)
        return try await $bound.withValue(new, operation: body)
    }

    /// - Throws: ``TenancyError`` `contextConflict` if the task is in another user's context.
    static func refuseConflict(with userID: UserID) throws {
        guard let current, current.userID != userID else { return }
        throw TenancyError(
            .contextConflict, "Code in the context of user \(current.userID) asked for the database of another user.",
            userID: userID)
    }
}
