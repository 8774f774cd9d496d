internal import Tenancy

/// A field of an item as clients see it: the member's name and the column's kind.
struct ItemField: Sendable {
    enum Kind: Sendable { case text, integer, boolean, timestamp }

    let name: StaticString
    let kind: Kind

    init(_ name: StaticString, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    static let createdAt = ItemField("created_at", .timestamp)
    static let updatedAt = ItemField("updated_at", .timestamp)

    /// Writes the field of a row as a member of an object.
    /// - Throws: ``TenancyError`` `unexpectedValue` if the column holds something of another kind.
    func write(_ row: any RowView, at index: Int, to json: inout JSONWriter) throws {
        switch kind {
        case .text: if row.withText(at: index, { json.member(name, utf8: $0) }) { return }
        case .integer:
            if let number = row.integer(at: index) { return json.member(name, number) }
        case .boolean:
            if let number = row.integer(at: index) { return json.member(name, number != 0) }
        case .timestamp: if writeInstant(row, at: index, to: &json) { return }
        }
        try writeOther(row.value(at: index), to: &json)
    }

    /// Text in this program's own form is written as it is.
    private func writeInstant(_ row: any RowView, at index: Int, to json: inout JSONWriter) -> Bool {
        var isWritten = false
        _ = row.withText(at: index) { bytes in
            guard Timestamp.isCanonical(bytes) else { return }
            json.member(name, utf8: bytes)
            isWritten = true
        }
        return isWritten
    }

    private func writeOther(_ value: SQLValue, to json: inout JSONWriter) throws {
        if value.isNull { return json.null(name) }
        if kind == .boolean, let value = value.truth { return json.member(name, value) }
        if kind == .timestamp, let value = value.instant { return json.member(name, value) }
        throw TenancyError.unexpectedValue(in: "\(name)")
    }
}
