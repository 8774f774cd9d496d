internal import Tenancy

/// Reads the members of a JSON object and collects all errors, so that a client learns them at once.
struct FieldReader {
    /// The value of a member. An invalid member counts as absent here, and ``finish()`` reports it.
    enum Field<Value> {
        case absent
        case null
        case value(Value)

        /// The value, or nil for both of the others.
        var optional: Value? {
            if case .value(let value) = self { value } else { nil }
        }

        /// The value; the current one if the member is absent; nil if it is null.
        func orKeep(_ current: Value?) -> Value? {
            switch self {
            case .absent: current
            case .null: nil
            case .value(let value): value
            }
        }
    }

    private var members: [String: JSONValue]
    private var errors: [Problem.FieldError] = []

    init(members: [String: JSONValue]) { self.members = members }

    /// - Parameter names: the members that the body may have.
    init(_ json: JSONValue, names: [String]) throws {
        guard case .object(let members) = json else {
            throw Problem.invalidFields([.init(field: "", message: "The body must be a JSON object.")])
        }
        self.members = members
        guard !members.keys.allSatisfy({ names.contains($0) }) else { return }
        let others = members.keys.filter { !names.contains($0) }.sorted()
        // One more than an answer lists shows that there are more.
        errors = others.prefix(Problem.maxFieldErrors + 1).map { .unknownMember($0, among: names) }
    }

    func has(_ name: String) -> Bool { members[name] != nil }

    /// Whether a member is present and not null.
    func hasValue(_ name: String) -> Bool {
        switch members[name] {
        case nil, .null: false
        default: true
        }
    }

    /// Replaces a member's value; nil makes it absent.
    mutating func set(_ name: String, _ value: JSONValue?) { members[name] = value }

    mutating func reject(_ field: String, _ message: String) { errors.append(.init(field: field, message: message)) }

    /// - Throws: ``Problem`` `invalid_fields` (422) if anything was wrong.
    func finish() throws {
        guard errors.isEmpty else { throw Problem.invalidFields(errors) }
    }

    // MARK: Kinds of members

    /// Text of at most `maxLength` characters, without control characters other than line ends and tabs.
    mutating func text(_ name: String, maxLength: Int) -> Field<String> {
        switch members[name] {
        case nil: return .absent
        case .null: return .null
        case .string(let text):
            if let fault = Self.fault(in: text, maxLength: maxLength) {
                reject(name, fault)
                return .absent
            }
            return .value(text)
        default: return rejectKind(name, "must be text")
        }
    }

    /// Required text, whatever is in it; nil together with an error.
    mutating func rawText(_ name: String) -> String? {
        switch members[name] {
        case .string(let text): return text
        case nil: reject(name, "is required")
        default: reject(name, "must be text")
        }
        return nil
    }

    /// Text that is not blank. Missing or null is an error if `isRequired`.
    mutating func title(_ name: String, maxLength: Int, isRequired: Bool) -> String? {
        switch text(name, maxLength: maxLength) {
        case .value(let text):
            if text.isBlank { reject(name, "must not be blank") }
            return text
        case .null:
            reject(name, "must be text")
            return nil
        case .absent:
            // A member of the wrong kind is absent too, and has its error already.
            if isRequired, members[name] == nil { reject(name, "is required") }
            return nil
        }
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Field<Int64> {
        switch members[name] {
        case nil: return .absent
        case .null: return .null
        case .integer(let number) where range.contains(number): return .value(number)
        case .double(let double):
            // `1.0` and `1e2` are whole, too.
            if let number = Int64(exactly: double), range.contains(number) { return .value(number) }
            fallthrough
        case .integer:
            return rejectKind(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        default: return rejectKind(name, "must be a whole number")
        }
    }

    mutating func boolean(_ name: String) -> Field<Bool> {
        switch members[name] {
        case nil: return .absent
        case .null: return .null
        case .boolean(let value): return .value(value)
        default: return rejectKind(name, "must be true or false")
        }
    }

    /// An instant in RFC 3339, or a date alone, which means its first moment in UTC.
    mutating func timestamp(_ name: String) -> Field<Timestamp> {
        switch members[name] {
        case nil: return .absent
        case .null: return .null
        case .string(let text):
            guard let instant = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z") else {
                return rejectKind(name, "must be a time like 2026-11-23T18:00:00Z or a day like 2026-11-23")
            }
            return .value(instant)
        default: return rejectKind(name, "must be text in RFC 3339")
        }
    }

    private mutating func rejectKind<Value>(_ name: String, _ message: String) -> Field<Value> {
        reject(name, message)
        return .absent
    }

    static func fault(in text: String, maxLength: Int) -> String? {
        if text.unicodeScalars.contains(where: { $0.value == 0 }) { return "must not contain NUL" }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 && ![0x09, 0x0A, 0x0D].contains($0.value) }) {
            return "must not contain control characters"
        }
        return text.unicodeScalars.count > maxLength ? "must have at most \(maxLength) characters" : nil
    }
}
