/// Who works, in whose database, and what they may do there.
///
/// ``run(_:isolation:_:)`` binds the value to a task and its children and removes it when it returns, so there is no
/// current user to set or to forget. Code in a context reaches that one database, whoever acts: the rights are named where the
/// context is bound, never where a database is asked for. Whoever lets one user work in another's database decides first
/// whether that is allowed, then binds a context that names both.
public struct DatabaseContext: Sendable, Hashable {
    /// Who acts: the owner, or somebody who was given rights by name, such as an administrator whose access is recorded.
    public let actor: UserID
    /// Whose database it is. Where that is served from is looked up for each lease.
    public let owner: UserID
    /// With `.read`, leases for writing are refused.
    public let rights: Access

    /// The context of a user who works in their own database.
    public init(owner: UserID) { self.init(actor: owner, owner: owner, rights: .write) }

    public init(actor: UserID, owner: UserID, rights: Access) {
        self.actor = actor
        self.owner = owner
        self.rights = rights
    }

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

    /// Runs the body in the context of a user who works in their own database. Inside a context of that database, whoever
    /// acts there, the context stays as it is.
    /// - Throws: what the body throws; ``TenancyError`` `contextConflict` inside the context of another database.
    public static func run<Result>(
        as userID: UserID, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        try await run(try entering(userID), body)
    }

    /// Runs the body in this context.
    ///
    /// Inside another context of the same database the actor must be the same, and rights do not grow.
    /// - Throws: what the body throws; ``TenancyError`` `contextConflict` inside the context of another database or actor.
    public static func run<Result>(
        _ context: DatabaseContext, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let bound else { return try await $bound.withValue(context, operation: body) }
        let inner = try bound.narrowed(to: context)
        return inner == bound ? try await body() : try await $bound.withValue(inner, operation: body)
    }

    /// The context in which the running task may ask for a user's database: its own if there is one.
    /// - Throws: ``TenancyError`` `contextConflict` if the task is in the context of another database.
    static func entering(_ userID: UserID) throws -> DatabaseContext {
        guard let bound else { return DatabaseContext(owner: userID) }
        guard bound.owner == userID else { throw bound.conflict(with: userID) }
        return bound
    }

    /// - Throws: ``TenancyError`` `readOnlyContext` if the rights do not include this access.
    package func require(_ access: Access) throws {
        guard access == .read || rights == .write else {
            throw TenancyError(
                .readOnlyContext,
                "User \(actor) may read the database of user \(owner) and not write it. Ask for a lease for reading.",
                userID: owner)
        }
    }

    private func narrowed(to context: DatabaseContext) throws -> DatabaseContext {
        guard owner == context.owner, actor == context.actor else { throw conflict(with: context.owner) }
        return rights == .read ? self : context
    }

    private func conflict(with userID: UserID) -> TenancyError {
        let other = userID == owner ? "that database as somebody else" : "the database of another user"
        return TenancyError(
            .contextConflict, "Code in the context of user \(owner) asked for \(other).", userID: userID)
    }
}
