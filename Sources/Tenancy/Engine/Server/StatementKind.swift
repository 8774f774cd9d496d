/// What a statement does, as far as its text tells.
package enum StatementKind: Equatable, Sendable {
    case empty
    case reads
    /// Reads, and takes locks or numbers, which is no reading.
    case locks
    case writes
    /// The word that says so.
    case changesSchema(String)
    /// Controls a transaction, the session or the server, by this word.
    case controls(String)
    /// Has something in it that reaches beyond the statement.
    case reachesOut(String)
    /// More than one statement.
    case several
    /// Begins with no word that a statement here begins with.
    case unknown
}
