/// The first entry of a keyed chain. It records the number and the digest of the older entries, which have no codes
/// of their own, so that none of them can be changed, removed or added later.
struct AuditBeginning: Sendable, Equatable {
    static let action = "audit.begin"

    /// The state of the unkeyed hash chain of an older installation.
    enum OldChain: Sendable, Equatable {
        case none
        case whole
        /// Broken: the number of the first entry that does not match, or before which one is missing.
        case broken(Int64)
    }

    let entries: Int
    /// ``AuditChain/hash(_:after:)`` over all older entries; empty if there are none.
    let digest: String
    let oldChain: OldChain

    /// The text form, stored as the entry's detail.
    var text: String {
        let chain =
            switch oldChain {
            case .none: "none"
            case .whole: "whole"
            case .broken(let id): "broken at \(id)"
            }
        return "older entries: \(entries); their digest: \(digest); their chain: \(chain)"
    }

    init(entries: Int, digest: String, oldChain: OldChain) {
        self.entries = entries
        self.digest = digest
        self.oldChain = oldChain
    }

    /// - Returns: nil if the text does not have the form of ``text``.
    init?(text: String?) {
        guard
            let match = text?.wholeMatch(
                of: /older entries: (\d+); their digest: ([0-9a-f]*); their chain: (none|whole|broken at (\d+))/),
            let entries = Int(match.1)
        else { return nil }
        let oldChain: OldChain =
            match.4.flatMap { Int64($0) }.map(OldChain.broken) ?? (match.3 == "whole" ? .whole : .none)
        self.init(entries: entries, digest: String(match.2), oldChain: oldChain)
    }
}
