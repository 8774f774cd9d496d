/// Patterns for searching text on servers.
///
/// Those that match any text containing a given one, by ``CaseFolding``, list each letter's case variants, so that the
/// server's own case rules do not matter; they are for columns compared bytewise.
package enum SearchPattern {
    /// For T-SQL's LIKE, whose sets contain UTF-16 code units: letters beyond U+FFFF match only themselves.
    package static func like(_ text: String) -> String {
        "%"
            + text.unicodeScalars.map { scalar in
                if ["%", "_", "["].contains(scalar) { return "[\(scalar)]" }
                let variants = CaseFolding.variants(of: scalar)
                return variants.count == 1 || scalar.value > 0xFFFF ? "\(scalar)" : set(variants)
            }.joined() + "%"
    }

    /// For `LIKE … ESCAPE '!'`: any text with this prefix, case variants apart. The prefix's own `%`, `_` and `[` (a set
    /// in SQL Server) are literal.
    static func like(beginningWith prefix: String) -> String {
        prefix.unicodeScalars.map { ["!", "%", "_", "["].contains($0) ? "!\($0)" : "\($0)" }.joined() + "%"
    }

    /// For the common subset of PostgreSQL's, PCRE's and ICU's regular expressions.
    package static func regularExpression(_ text: String) -> String {
        // An empty expression is an error in ICU.
        guard !text.isEmpty else { return "^" }
        return text.unicodeScalars.map { scalar in
            let variants = CaseFolding.variants(of: scalar)
            if variants.count > 1 { return set(variants) }
            // A symbol may have a meaning, so it is escaped; a backslash before a letter or digit would add one.
            return isSign(scalar) ? "\\\(scalar)" : "\(scalar)"
        }.joined()
    }

    private static func set(_ variants: [Unicode.Scalar]) -> String { "[\(variants.map(String.init).joined())]" }

    private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII, scalar.value > 0x20, scalar.value < 0x7F else { return false }
        return !scalar.properties.isAlphabetic && scalar.properties.numericType == nil
    }
}
