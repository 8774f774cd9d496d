/// The first words of a text, in one line, for lists of bounded height.
enum Excerpt {
    /// - Returns: at most `length` characters, plus an ellipsis if there were more.
    static func text(of text: String, length: Int) -> String {
        // Runs of blanks may be long; text beyond this bound is not searched.
        let words = text.prefix(length * 3).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isWhole = words.count <= length && text.prefix(length * 3).endIndex == text.endIndex
        return isWhole ? words : words.prefix(length) + "…"
    }
}
