internal import Tenancy

extension JobControl.Filter {
    /// Reads `state` and `kind`.
    init(_ query: inout QueryReader) {
        self.init(state: query.word("state"))
        guard let text = query.text("kind", maxLength: JobKind.maxLength) else { return }
        kind = JobKind(rawValue: text)
        if kind == nil { query.reject("kind", "must be lower-case letters, digits and hyphens") }
    }
}

extension QueryReader {
    /// One of a type's words.
    mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String) -> Word? where Word.RawValue == String {
        guard let text = text(name, maxLength: 20) else { return nil }
        guard let word = Word(rawValue: text) else {
            reject(name, "must be one of: \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word
    }
}
