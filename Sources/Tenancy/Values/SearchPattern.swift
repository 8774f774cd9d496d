/// Patterns that every text matches which contains another, by ``CaseFolding``. They name each letter's variants themselves, so
/// that a server's own idea of letters does not count; they are for columns that are compared by their bytes.
package enum SearchPattern {
    /// For T-SQL's LIKE, whose sets are of units of UTF-16: letters beyond U+FFFF stand for themselves alone.
    package static func like(_ text: String) -> String {
        "%"
            + text.unicodeScalars.map { scalar in
                if ["%", "_", "["].contains(scalar) { return "[\(scalar)]" }
                let variants = CaseFolding.variants(of: scalar)
                return variants.count == 1 || scalar.value > 0xFFFF ? "\(scalar)" : set(variants)
            }.joined() + "%"
    }

    /// For PostgreSQL's, PCRE's and ICU's regular expressions, as far as they are alike.
    package static func regularExpression(_ text: String) -> String {
        // An empty one is an error in ICU.
        guard !text.isEmpty else { return "^" }
        return text.unicodeScalars.map { scalar in
            let variants = CaseFolding.variants(of: scalar)
            if variants.count > 1 { return set(variants) }
            // A sign may mean something; a backslash before a letter or a digit would.
            return isSign(scalar) ? "\\\(scalar)" : "\(scalar)"
        }.joined()
    }

    private static func set(_ variants: [Unicode.Scalar]) -> String { "[\(variants.map(String.init).joined())]" }

    private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII, scalar.value > 0x20, scalar.value < 0x7F else { return false }
        return !scalar.properties.isAlphabetic && scalar.properties.numericType == nil
    }
}
