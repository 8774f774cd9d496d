/// A form's fields: text by name.
struct FormFields: Sendable {
    private let values: [String: String]
    private let errors: [Problem.FieldError]

    init(_ pairs: URLEncodedPairs = URLEncodedPairs("")) {
        // Browsers send line ends as CR LF, whatever was typed.
        values = pairs.values.mapValues(Self.withPlainLineEnds)
        errors = pairs.errors
    }

    private static func withPlainLineEnds(_ text: String) -> String {
        guard text.utf8.contains(0x0D) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if byte == 0x0A, bytes.last == 0x0D { bytes.removeLast() }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text of a field; empty if it was not sent.
    subscript(_ name: String) -> String { values[name] ?? "" }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// The fields as members of a JSON object, so that both are checked by the same rules.
    /// - Parameters:
    ///   - texts: fields passed on as they are.
    ///   - optional: fields whose empty text means null.
    ///   - integers: fields that contain integers.
    /// - Throws: ``Problem`` `invalid_fields` if a field is not UTF-8 or contains NUL.
    func reader(
        texts: [String] = [], optional: [String] = [], integers: [String] = []
    ) throws -> FieldReader {
        guard errors.isEmpty else { throw Problem.invalidFields(errors) }
        var members: [String: JSONValue] = [:]
        for name in texts { members[name] = values[name].map(JSONValue.string) }
        for name in optional { members[name] = values[name].map { $0.isEmpty ? .null : .string($0) } }
        for name in integers {
            members[name] = values[name].map { text in Int64(plain: text).map(JSONValue.integer) ?? .string(text) }
        }
        return FieldReader(members: members)
    }
}
