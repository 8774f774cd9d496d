internal import Tenancy

/// Conditions on the rows of a list, all of which must hold.
struct ItemFilter: Sendable {
    private(set) var conditions: [String] = []
    private(set) var parameters: [SQLValue] = []

    /// - Parameter condition: SQL of this program's own, with a `?` for each parameter.
    mutating func require(_ condition: String, _ parameters: SQLValue...) {
        conditions.append(condition)
        self.parameters += parameters
    }

    /// One of the columns must contain the text; no text, no condition.
    mutating func requireText(_ text: String?, in columns: Identifier...) {
        guard let text else { return }
        conditions.append("(" + columns.map { "\($0) LIKE ? ESCAPE '!'" }.joined(separator: " OR ") + ")")
        parameters += columns.map { _ in .text(LikePattern.containing(text)) }
    }
}
