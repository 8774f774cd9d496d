/// Patterns for `LIKE … ESCAPE '!'`.
public enum LikePattern {
    /// A pattern that every text which contains this one matches. Its own `%`, `_` and `[` (a range in SQL Server) stand
    /// for themselves.
    public static func containing(_ text: String) -> String {
        var pattern = String.UnicodeScalarView("%".unicodeScalars)
        // By scalars, as engines match: `%` with a combining accent is one Character, and still a wildcard.
        for scalar in text.unicodeScalars {
            if ["!", "%", "_", "["].contains(scalar) { pattern.append("!") }
            pattern.append(scalar)
        }
        pattern.append("%")
        return String(pattern)
    }
}
