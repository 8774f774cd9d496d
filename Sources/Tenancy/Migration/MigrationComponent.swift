/// Whose migrations: each component has its own line of versions in every database.
///
/// They run in this order: an application may build on the library's tables, and an operator's files on both.
public enum MigrationComponent: String, Sendable, CaseIterable {
    /// This library's own tables.
    case library
    /// The tables of the program that uses the library.
    case application
    /// The files in the operator's folder.
    case operatorFiles = "operator"
}
