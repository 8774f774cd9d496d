/// What a statement does, as far as its text tells.
package enum StatementKind: Equatable, Sendable {
    case empty
    case reads
    /// Reads, but also takes locks or sequence numbers, which does not count as reading.
    case locks
    case writes
    /// Changes the schema, by this word.
    case changesSchema(String)
    /// Controls a transaction, the session or the server, by this word.
    case controls(String)
    /// Contains this word or function, whose effect reaches beyond the statement.
    case reachesOut(String)
    /// More than one statement.
    case several
    /// Does not begin with any word that is allowed here.
    case unknown
}
