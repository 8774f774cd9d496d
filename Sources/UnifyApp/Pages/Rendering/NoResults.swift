/// What a list says where a search or a filter leaves nothing of it.
enum NoResults {
    /// - Parameters:
    ///   - search: the text that was searched for, if any.
    ///   - things: what the list shows, in the plural.
    static func text(for search: String?, of things: String) -> String {
        guard let search, !search.isBlank else { return "No \(things) match these filters." }
        return "No results for \"\(search)\"."
    }
}
