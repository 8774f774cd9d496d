/// The first words of a text, in one line, for lists that must not grow with what is in them.
enum Excerpt {
    /// - Returns: at most `length` characters, and an ellipsis where there were more.
    static func text(of text: String, length: Int) -> String {
        // Blanks that are left out may be long; what is beyond them is not looked for.
        let words = text.prefix(length * 3).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isWhole = words.count <= length && text.prefix(length * 3).endIndex == text.endIndex
        return isWhole ? words : words.prefix(length) + "…"
    }
}
