internal import Tenancy

/// Reads the parameters of a query and collects all errors.
struct QueryReader {
    static let maxLimit: Int64 = 200
    static let defaultLimit: Int64 = 50

    private let isHead: Bool
    private let values: [String: String]
    /// Names that occur more than once.
    private var repeated: Set<String>
    private var errors: [Problem.FieldError]
    /// The reader's part of the mark.
    private let readerMark: ListMark
    /// The reader's part of the mark, and the filters read so far.
    private var mark: ListMark

    /// - Parameters:
    ///   - query: the part after the `?`, form-encoded.
    ///   - reader: the user; a cursor is valid only for them.
    ///   - isHead: whether a HEAD request has it.
    init(_ query: String?, reader: UserID? = nil, isHead: Bool = false) {
        self.isHead = isHead
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

    /// Ends the reading before the content is made. A HEAD request is answered here, as by ``RequestScope/finishHead(_:)``.
    /// - Throws: ``Problem`` `invalid_fields` (422) if anything was wrong; ``HeadAnswer``.
    func finish() throws {
        try refuseFaults()
        if isHead { throw HeadAnswer() }
    }

    /// The same, where more than the query decides on the answer's status.
    /// - Throws: ``Problem`` `invalid_fields` (422) if anything was wrong.
    func refuseFaults() throws {
        guard errors.isEmpty else { throw Problem.invalidFields(errors) }
    }

    /// The value of a name; nil if there is none. A name must not occur twice, because one of the values would be
    /// ignored.
    private mutating func value(_ name: String) -> String? {
        guard let value = values[name] else { return nil }
        if repeated.remove(name) != nil { reject(name, "must be given once") }
        return value
    }

    /// The same, for a filter of the list.
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

    /// Restores the plus of a time zone offset: in a query a plus means a blank, and many clients do not encode it.
    /// - Returns: nil if no blank precedes an offset.
    private static func withPlus(_ text: String) -> String? {
        guard text.utf8.suffix(6).first == UInt8(ascii: " ") else { return nil }
        return text.dropLast(6) + "+" + text.suffix(5)
    }

    /// The position in a list that is ordered by number. Read it after all filters.
    /// - Parameter list: the list's unique name: its path.
    mutating func position(in list: String) -> ListPosition { position(in: list, mark) { $0.instant == nil } }

    /// The position in a list of items in this order. Read it after all filters.
    mutating func position<Item>(in list: String, order: ItemOrder<Item>) -> ListPosition {
        position(in: list, mark, where: order.fits)
    }

    /// The position in a list on a page.
    /// - Parameters:
    ///   - path: the list's first page, with its filters.
    ///   - fits: whether a cursor can belong to the list's order.
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
