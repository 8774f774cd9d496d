internal import CPostgreSQL
internal import Tenancy

/// Decodes a cell that the server sent as text.
///
/// Integers, floating-point numbers, booleans, bytea and both timestamp types become values of their kind. Everything
/// else, including numeric, date, uuid and jsonb, stays text as PostgreSQL writes it.
struct PostgreSQLDecoder {
    let row: OpaquePointer

    /// - Returns: the value, and its bytes of text or blob.
    func cell(_ column: Int32) throws -> (SQLValue, bytes: Int) {
        guard PQgetisnull(row, 0, column) == 0, let pointer = PQgetvalue(row, 0, column) else { return (.null, 0) }
        let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(PQgetlength(row, 0, column)))
        switch PQftype(row, column) {
        case PostgreSQLParameters.boolean: return (.boolean(bytes.first == UInt8(ascii: "t")), 0)
        case PostgreSQLParameters.integer, 21, 23, 26: return (try integer(bytes), 0)
        case PostgreSQLParameters.double, 700:
            let text = try text(bytes)
            return (Double(text).map(SQLValue.double) ?? .text(text), 0)
        case PostgreSQLParameters.bytes:
            let blob = try blob(bytes)
            return (.blob(blob), blob.count)
        case PostgreSQLParameters.timestamp: return (instant(try text(bytes), suffix: ":00"), 0)
        case 1114: return (instant(try text(bytes), suffix: "Z"), 0)
        default: return (.text(try text(bytes)), bytes.count)
        }
    }

    private func integer(_ bytes: UnsafeRawBufferPointer) throws -> SQLValue {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in bytes.dropFirst(isNegative ? 1 : 0) {
            let digit = Int64(byte) - Int64(UInt8(ascii: "0"))
            // Built downwards: the smallest number has no positive counterpart.
            value = value &* 10 &- digit
        }
        return .integer(isNegative ? value : -value)
    }

    private func text(_ bytes: UnsafeRawBufferPointer) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TenancyError(
                .unexpectedValue, "A text in the database is not UTF-8; its encoding must be UTF8.",
                engine: .postgresql)
        }
        return text
    }

    /// `\x` and two digits for each byte.
    private func blob(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
        guard let blob = Hex.decode(bytes.dropFirst(2)) else {
            throw TenancyError(.unexpectedValue, "A bytea is not in the hex format.", engine: .postgresql)
        }
        return blob
    }

    /// Instants outside ``Timestamp``'s range, including infinity, stay text.
    private func instant(_ text: String, suffix: String) -> SQLValue {
        Timestamp(rfc3339: text + suffix).map(SQLValue.timestamp) ?? .text(text)
    }
}
