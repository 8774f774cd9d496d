/// A connection on which several transactions can share a commit: between `begin` and `commit`, each is a member that
/// can be rolled back by itself.
package protocol GroupingConnection: DatabaseConnection {
    /// Begins a member.
    /// - Throws: ``TenancyError`` `busy` if the engine has rolled back the whole transaction.
    func beginMember() async throws
    /// Ends a member; it takes effect when the transaction is committed.
    func endMember() async throws
    /// Rolls back to the start of the member.
    func undoMember() async throws
}
