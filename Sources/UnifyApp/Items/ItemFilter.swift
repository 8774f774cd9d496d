internal import Tenancy

/// Conditions on the rows of a list, all of which must hold.
struct ItemFilter: Sendable {
    private var makers: [@Sendable (any Dialect) -> (sql: String, parameters: [SQLValue])] = []
    /// Whether texts are searched, which may take long.
    private(set) var looksAtTexts = false

    /// - Parameter condition: SQL of this program's own, with a `?` for each parameter.
    mutating func require(_ condition: String, _ parameters: SQLValue...) {
        makers.append { _ in (condition, parameters) }
    }

    /// One of the columns must contain the text; no text, no condition.
    mutating func requireText(_ text: String?, in columns: Identifier...) {
        guard let text else { return }
        looksAtTexts = true
        makers.append { dialect in
            let pattern = SQLValue.text(dialect.pattern(containing: text))
            return ("(" + columns.map(dialect.contains).joined(separator: " OR ") + ")", columns.map { _ in pattern })
        }
    }

    func conditions(in dialect: any Dialect) -> (sql: [String], parameters: [SQLValue]) {
        let made = makers.map { $0(dialect) }
        return (made.map(\.sql), made.flatMap(\.parameters))
    }
}
