/// Unicode's simple case folding, letter by letter, the same for all engines (The Unicode Standard, section 5.18).
///
/// Accents count: `ä` is not `a`. There are no language-specific rules: `ß` is not `ss` and `İ` is not `i`; but `ẞ`
/// is `ß`, and `ς` is `σ`.
package enum CaseFolding {
    private static let pageSize: UInt32 = 256

    /// The folded scalars of each page of 256; nil if the page has no changes.
    private static let pages: [[UInt32]?] = {
        var pages: [[UInt32]?] = []
        for (scalar, folded) in mappings {
            let page = Int(scalar / pageSize)
            while pages.count <= page { pages.append(nil) }
            var values = pages[page] ?? (0..<pageSize).map { UInt32(page) * pageSize + $0 }
            values[Int(scalar % pageSize)] = folded
            pages[page] = values
        }
        return pages
    }()

    /// For each folded scalar, all scalars that fold to it.
    private static let groups: [UInt32: [Unicode.Scalar]] = {
        var groups: [UInt32: [Unicode.Scalar]] = [:]
        for (scalar, folded) in mappings {
            groups[folded, default: Unicode.Scalar(folded).map { [$0] } ?? []] +=
                Unicode.Scalar(scalar).map { [$0] } ?? []
        }
        return groups.mapValues { $0.sorted() }
    }()

    private static var mappings: [(scalar: UInt32, folded: UInt32)] {
        stride(from: 0, to: runs.count, by: 4).flatMap { index in
            stride(from: runs[index], through: runs[index + 1], by: Int(runs[index + 2])).map {
                (UInt32($0), UInt32($0 + runs[index + 3]))
            }
        }
    }

    /// The scalar that represents all scalars that differ only in case.
    package static func folded(_ scalar: UInt32) -> UInt32 {
        let page = Int(scalar / pageSize)
        guard page < pages.count, let values = pages[page] else { return scalar }
        return values[Int(scalar % pageSize)]
    }

    package static func folded(_ text: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { folded.append(Unicode.Scalar(Self.folded(scalar.value)) ?? scalar) }
        return String(folded)
    }

    /// This scalar and all that differ from it only in case.
    package static func variants(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        groups[folded(scalar.value)] ?? [scalar]
    }
}
