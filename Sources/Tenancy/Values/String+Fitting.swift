extension String {
    /// The beginning of the text that fits a column of so many characters on every engine: SQL Server counts units of UTF-16,
    /// the others scalars.
    package func fitting(_ length: Int) -> String {
        guard utf16.count > length else { return self }
        var rest = length
        let kept = unicodeScalars.prefix { scalar in
            rest -= UTF16.width(scalar)
            return rest >= 0
        }
        return String(String.UnicodeScalarView(kept))
    }
}
