internal import Tenancy

/// Conditions on the rows of a list, all of which must hold.
struct ItemFilter: Sendable {
    private var makers: [@Sendable (any Dialect) -> String] = []
    private(set) var parameters: [SQLValue] = []
    /// Whether texts are searched, which may take long.
    private(set) var looksAtTexts = false

    /// - Parameter condition: SQL of this program's own, with a `?` for each parameter.
    mutating func require(_ condition: String, _ parameters: SQLValue...) {
        makers.append { _ in condition }
        self.parameters += parameters
    }

    /// One of the columns must contain the text; no text, no condition.
    mutating func requireText(_ text: String?, in columns: Identifier...) {
        guard let text else { return }
        looksAtTexts = true
        makers.append { dialect in "(" + columns.map(dialect.contains).joined(separator: " OR ") + ")" }
        parameters += columns.map { _ in .text(LikePattern.containing(text)) }
    }

    func conditions(in dialect: any Dialect) -> [String] { makers.map { $0(dialect) } }
}
