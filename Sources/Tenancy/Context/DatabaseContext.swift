/// The user whose database the running code works with.
///
/// ``run(as:isolation:_:)`` binds the value to a task and its children and removes it when it returns, so there is no
/// current user to set or to forget.
public struct DatabaseContext: Sendable, Hashable {
    public let userID: UserID

    @TaskLocal private static var bound: DatabaseContext?

    /// The context of the running task; nil if there is none.
    public static var current: DatabaseContext? { bound }

    /// The context of the running task.
    /// - Throws: ``TenancyError`` `noUserContext` if there is none.
    public static func required() throws -> DatabaseContext {
        guard let bound else {
            throw TenancyError(
                .noUserContext,
                "This code asks for a user's data but runs in no user's context. Wrap it in withUserContext(id) { … } "
                    + "or name the user.")
        }
        return bound
    }

    /// Runs the body in a user's context; does nothing if the task is already in that context.
    /// - Throws: what the body throws; ``TenancyError`` `contextConflict` inside another user's context.
    public static func run<Result>(
        as userID: UserID, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        try refuseConflict(with: userID)
        return try await $bound.withValue(DatabaseContext(userID: userID), operation: body)
    }

    /// - Throws: ``TenancyError`` `contextConflict` if the task is in another user's context.
    static func refuseConflict(with userID: UserID) throws {
        guard let bound, bound.userID != userID else { return }
        throw TenancyError(
            .contextConflict, "Code in the context of user \(bound.userID) asked for the database of another user.",
            userID: userID)
    }
}
