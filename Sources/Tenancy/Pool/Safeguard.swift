/// The safeguards against reaching another user's database, named so that tests can disable one and show the hole.
package enum Safeguard: Sendable {
    /// The stamp is compared with the config whenever a connection is opened.
    case identityStamp
    /// Connections from before a change of the config are closed.
    case epochs
    /// Users' statements begin with a word of a short list, and contain nothing that outlives them.
    case statementPolicy
    /// Servers run the statements of read leases so that they cannot write.
    case readOnlyTransactions
    /// In a shared database, statements name the user whose rows they mean.
    case userFilter
}
