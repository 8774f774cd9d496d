internal import Tenancy

/// Reads the parameters of a query and collects what is wrong with them.
struct QueryReader {
    static let maxLimit: Int64 = 200
    static let defaultLimit: Int64 = 50

    private let values: [String: String]
    /// Names that came more than once.
    private var repeated: Set<String>
    private var errors: [Problem.FieldError]
    /// Of who asks.
    private let readerMark: ListMark
    /// Of who asks, and of what has been read so far.
    private var mark: ListMark

    /// - Parameters:
    ///   - query: as it stands after the `?`, encoded as forms are.
    ///   - reader: who asks; a cursor is good for them alone.
    init(_ query: String?, reader: UserID? = nil) {
        let pairs = URLEncodedPairs(query ?? "")
        values = pairs.values
        repeated = pairs.repeated
        errors = pairs.errors
        var mark = ListMark()
        mark.add(reader?.rawValue ?? 0)
        readerMark = mark
        self.mark = mark
    }

    mutating func reject(_ field: String, _ message: String) { errors.append(.init(field: field, message: message)) }

    /// - Throws: ``Problem`` `invalid_fields` (422) where anything was wrong.
    func finish() throws {
        guard errors.isEmpty else { throw Problem.invalidFields(errors) }
    }

    /// What the query says under a name; nil if it says nothing. A name must not come twice, since one of the two
    /// values would be passed over.
    private mutating func value(_ name: String) -> String? {
        guard let value = values[name] else { return nil }
        if repeated.remove(name) != nil { reject(name, "must be given once") }
        return value
    }

    /// The same for what narrows a list.
    private mutating func narrowing(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        if !value.isEmpty {
            mark.add(name)
            mark.add(value)
        }
        return value
    }

    mutating func limit() -> Int {
        guard let text = value("limit") else { return Int(Self.defaultLimit) }
        guard let number = Int64(plain: text), (1...Self.maxLimit).contains(number) else {
            reject("limit", "must be a whole number from 1 to \(Self.maxLimit)")
            return Int(Self.defaultLimit)
        }
        return Int(number)
    }

    mutating func text(_ name: String, maxLength: Int) -> String? {
        guard let text = narrowing(name), !text.isEmpty else { return nil }
        if let fault = FieldReader.fault(in: text, maxLength: maxLength) { reject(name, fault) }
        return text
    }

    /// A whole number of at least 0.
    mutating func number(_ name: String) -> Int64? {
        guard let text = text(name, maxLength: 20) else { return nil }
        guard let number = Int64(plain: text), number >= 0 else {
            reject(name, "must be a whole number")
            return nil
        }
        return number
    }

    mutating func boolean(_ name: String) -> Bool? {
        switch narrowing(name) {
        case nil: return nil
        case "true", "1": return true
        case "false", "0": return false
        default:
            reject(name, "must be true or false")
            return nil
        }
    }

    mutating func timestamp(_ name: String) -> Timestamp? {
        guard let text = narrowing(name) else { return nil }
        let instant =
            Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z")
            ?? Self.withPlus(text).flatMap { Timestamp(rfc3339: $0) }
        if instant == nil {
            reject(
                name,
                "must be a time like 2026-11-23T18:00:00Z or a day like 2026-11-23; write the + of an offset as %2B")
        }
        return instant
    }

    /// A time whose offset has lost its plus: in a query a plus stands for a blank, and many clients send it as it is.
    /// - Returns: nil if no blank stands before an offset.
    private static func withPlus(_ text: String) -> String? {
        guard text.utf8.suffix(6).first == UInt8(ascii: " ") else { return nil }
        return text.dropLast(6) + "+" + text.suffix(5)
    }

    /// Where a list that is ordered by number alone goes on. To be read after all that narrows the list.
    /// - Parameter list: the list's own name, which no other list has: its path.
    mutating func position(in list: String) -> ListPosition { position(in: list, mark) { $0.instant == nil } }

    /// Where a list of items in some order goes on. To be read after all that narrows the list.
    mutating func position<Item>(in list: String, order: ItemOrder<Item>) -> ListPosition {
        position(in: list, mark, where: order.fits)
    }

    /// Where a list on a page goes on.
    /// - Parameters:
    ///   - path: of the list's first page, with what narrows the list.
    ///   - fits: whether a cursor can be one of the list's order.
    mutating func position(
        onPage path: String, where fits: (Cursor) -> Bool = { $0.instant == nil }
    ) -> ListPosition { position(in: path, readerMark, where: fits) }

    private mutating func position(
        in list: String, _ mark: ListMark, where fits: (Cursor) -> Bool
    ) -> ListPosition {
        var mark = mark
        mark.add(list)
        guard let text = value("cursor"), !text.isEmpty else { return ListPosition(nil, in: mark) }
        guard let cursor = Cursor(text: text, in: mark), fits(cursor) else {
            reject("cursor", "is not a cursor that this list gave, for this user and these filters")
            return ListPosition(nil, in: mark)
        }
        return ListPosition(cursor, in: mark)
    }
}
