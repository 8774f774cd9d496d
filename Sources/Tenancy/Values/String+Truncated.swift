extension String {
    /// The longest prefix that fits a column of this length on every engine: SQL Server counts UTF-16 code units, the
    /// others Unicode scalars.
    package func truncated(toUTF16 length: Int) -> String {
        guard utf16.count > length else { return self }
        var rest = length
        let kept = unicodeScalars.prefix { scalar in
            rest -= UTF16.width(scalar)
            return rest >= 0
        }
        return String(String.UnicodeScalarView(kept))
    }
}
