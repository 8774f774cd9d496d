/// A connection on which several transactions can share a commit: between `begin` and `commit`, each is a member that can
/// be taken back by itself.
package protocol GroupingConnection: DatabaseConnection {
    /// Begins a member.
    /// - Throws: ``TenancyError`` `busy` where the engine has given up what was begun.
    func beginMember() async throws
    /// Ends a member; it counts when the transaction is committed.
    func endMember() async throws
    /// Takes back what was done since the member began.
    func undoMember() async throws
}
