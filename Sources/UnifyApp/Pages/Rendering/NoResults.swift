/// The text of a list when a search or filter matches nothing.
enum NoResults {
    /// - Parameters:
    ///   - search: the search text, if any.
    ///   - things: the listed things, in the plural.
    static func text(for search: String?, of things: String) -> String {
        guard let search, !search.isBlank else { return "No \(things) match these filters." }
        return "No results for \"\(search)\"."
    }
}
