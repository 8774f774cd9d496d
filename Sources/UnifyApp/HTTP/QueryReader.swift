internal import Tenancy

/// Reads the parameters of a query and collects what is wrong with them.
struct QueryReader {
    static let maxLimit: Int64 = 200
    static let defaultLimit: Int64 = 50

    private let values: [String: String]
    private var errors: [Problem.FieldError]

    /// - Parameter query: as it stands after the `?`, encoded as forms are.
    init(_ query: String?) {
        let pairs = URLEncodedPairs(query ?? "")
        values = pairs.values
        errors = pairs.errors
    }

    mutating func reject(_ field: String, _ message: String) { errors.append(.init(field: field, message: message)) }

    /// - Throws: ``Problem`` `invalid_fields` (422) where anything was wrong.
    func finish() throws {
        guard errors.isEmpty else { throw Problem.invalidFields(errors) }
    }

    mutating func limit() -> Int {
        guard let text = values["limit"] else { return Int(Self.defaultLimit) }
        guard let number = Int64(text), (1...Self.maxLimit).contains(number) else {
            reject("limit", "must be a whole number from 1 to \(Self.maxLimit)")
            return Int(Self.defaultLimit)
        }
        return Int(number)
    }

    mutating func text(_ name: String, maxLength: Int) -> String? {
        guard let text = values[name], !text.isEmpty else { return nil }
        if let fault = FieldReader.fault(in: text, maxLength: maxLength) { reject(name, fault) }
        return text
    }

    mutating func boolean(_ name: String) -> Bool? {
        switch values[name] {
        case nil: return nil
        case "true", "1": return true
        case "false", "0": return false
        default:
            reject(name, "must be true or false")
            return nil
        }
    }

    mutating func timestamp(_ name: String) -> Timestamp? {
        guard let text = values[name] else { return nil }
        let instant = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z")
        if instant == nil { reject(name, "must be a time like 2026-11-23T18:00:00Z or a day like 2026-11-23") }
        return instant
    }

    /// Where a list that is ordered by number alone goes on.
    mutating func cursor() -> Cursor? { cursor { $0.instant == nil } }

    /// Where a list of items in some order goes on.
    mutating func cursor<Item>(in order: ItemOrder<Item>) -> Cursor? { cursor(where: order.fits) }

    private mutating func cursor(where fits: (Cursor) -> Bool) -> Cursor? {
        guard let text = values["cursor"], !text.isEmpty else { return nil }
        guard let cursor = Cursor(text: text), fits(cursor) else {
            reject("cursor", "is not a cursor that this list gave")
            return nil
        }
        return cursor
    }
}
