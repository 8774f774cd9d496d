/// What keeps a user from the wrong database, named so that tests can do without one of them and look for the hole.
package enum Safeguard: Sendable {
    /// The stamp is compared with the config whenever a connection is opened.
    case identityStamp
    /// Connections from before a change of the config are closed.
    case epochs
    /// A user's statements begin with a word of a short list, and have nothing in them that outlives them.
    case statementPolicy
    /// Servers run what a lease for reading sends so that it cannot write.
    case readOnlyTransactions
    /// In a database of many users, statements name the user whose rows they mean.
    case userFilter
}
