/// What the first entry of a chain says of the entries before it, which have no code of their own: how many there are, and
/// their digest, so that none can be changed, removed or added later.
struct AuditBeginning: Sendable, Equatable {
    static let action = "audit.begin"

    /// What became of the chain of hashes without a key, which older installations had.
    enum OldChain: Sendable, Equatable {
        case none
        case whole
        /// The first entry that did not fit, or was missing before it.
        case broken(Int64)
    }

    let entries: Int
    /// As ``AuditChain/hash(_:after:)`` over all of them, empty for none.
    let digest: String
    let oldChain: OldChain

    /// As the detail of the entry.
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

    /// - Returns: nil where the text is not of the form above.
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
