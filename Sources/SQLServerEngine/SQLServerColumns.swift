internal import CODBC
internal import Tenancy

/// A result's columns, and the decoding of their cells in the order of the wire.
struct SQLServerColumns {
    /// How a cell is decoded.
    private enum Kind {
        case bit, integer, single, double, decimal, instant, offsetInstant, text, uuid, blob
    }

    /// The types that Microsoft adds to ODBC's (msodbcsql.h): `sql_variant`, user-defined, `xml`, `time` and
    /// `datetimeoffset`.
    private enum AddedType {
        static let userDefined: Int32 = -151
        static let offsetInstant: Int32 = -155
    }

    let names: ColumnNames
    private let kinds: [Kind]
    private let statement: SQLHSTMT

    /// - Parameter count: the number of columns, at least one.
    init(of statement: SQLHSTMT, count: Int) throws {
        var names: [String] = []
        var kinds: [Kind] = []
        var buffer = [SQLWCHAR](repeating: 0, count: 256)
        for index in 1...count {
            var (length, type, digits, nullable) = (SQLSMALLINT(0), SQLSMALLINT(0), SQLSMALLINT(0), SQLSMALLINT(0))
            var size = SQLULEN(0)
            let code = SQLDescribeColW(
                statement, SQLUSMALLINT(index), &buffer, SQLSMALLINT(buffer.count), &length, &type, &size, &digits,
                &nullable)
            guard SQLServerLink.isSuccess(code) else { throw SQLServerFailure(statement) }
            names.append(String(decoding: buffer.prefix(Int(length)), as: UTF16.self))
            kinds.append(Self.kind(Int32(type)))
        }
        self.names = ColumnNames(names)
        self.kinds = kinds
        self.statement = statement
    }

    private static func kind(_ type: Int32) -> Kind {
        switch type {
        case SQL_BIT: .bit
        case SQL_TINYINT, Int32(SQL_SMALLINT), Int32(SQL_INTEGER), SQL_BIGINT: .integer
        case Int32(SQL_REAL): .single
        case Int32(SQL_FLOAT), Int32(SQL_DOUBLE): .double
        case Int32(SQL_DECIMAL), Int32(SQL_NUMERIC): .decimal
        case Int32(SQL_TYPE_TIMESTAMP): .instant
        case AddedType.offsetInstant: .offsetInstant
        case SQL_GUID: .uuid
        case SQL_BINARY, SQL_VARBINARY, SQL_LONGVARBINARY, AddedType.userDefined: .blob
        // Dates and times of day too: as the driver writes them.
        default: .text
        }
    }

    /// Appends the cells of the current row.
    /// - Parameter bytesLeft: the bytes of text and blobs that the result may still have.
    /// - Returns: the row's bytes; nil if there are too many.
    func appendRow(to cells: inout [SQLValue], bytesLeft: Int) throws -> Int? {
        var bytes = 0
        for (index, kind) in kinds.enumerated() {
            guard let (cell, count) = try cell(at: index + 1, kind, bytesLeft: bytesLeft - bytes) else { return nil }
            bytes += count
            guard bytes <= bytesLeft else { return nil }
            cells.append(cell)
        }
        return bytes
    }

    /// - Returns: the cell and its counted bytes; nil if there are too many.
    private func cell(at column: Int, _ kind: Kind, bytesLeft: Int) throws -> (SQLValue, Int)? {
        switch kind {
        case .bit: return (try number(column, SQL_C_BIT, UInt8(0)).map { .boolean($0 != 0) } ?? .null, 0)
        case .integer: return (try number(column, SQL_C_SBIGINT, Int64(0)).map(SQLValue.integer) ?? .null, 0)
        case .single: return (try number(column, SQL_C_FLOAT, Float(0)).map { .double(Double($0)) } ?? .null, 0)
        case .double: return (try number(column, SQL_C_DOUBLE, Double(0)).map(SQLValue.double) ?? .null, 0)
        case .instant:
            let fields = try number(column, SQL_C_TYPE_TIMESTAMP, SQL_TIMESTAMP_STRUCT())
            return (try fields.map(Self.instant) ?? .null, 0)
        case .blob:
            guard let bytes: [UInt8]? = try long(column, SQL_C_BINARY, limit: bytesLeft) else { return nil }
            return (bytes.map(SQLValue.blob) ?? .null, bytes?.count ?? 0)
        case .text, .decimal, .uuid, .offsetInstant:
            guard let units: [UInt16]? = try long(column, SQL_C_WCHAR, limit: bytesLeft) else { return nil }
            guard let units else { return (.null, 0) }
            guard let text = String(validating: units, as: UTF16.self) else {
                throw TenancyError(.unexpectedValue, "The server sent text that is not UTF-16.", engine: .sqlserver)
            }
            return (Self.value(text, kind), text.utf8.count)
        }
    }

    private static func instant(_ fields: SQL_TIMESTAMP_STRUCT) throws -> SQLValue {
        let instant = Timestamp(
            Timestamp.Fields(
                year: Int64(fields.year), month: Int64(fields.month), day: Int64(fields.day), hour: Int64(fields.hour),
                minute: Int64(fields.minute), second: Int64(fields.second),
                millisecond: Int64(fields.fraction) / 1_000_000))
        guard let instant else {
            throw TenancyError(.unexpectedValue, "The driver gave no real date.", engine: .sqlserver)
        }
        return .timestamp(instant)
    }

    private static func value(_ text: String, _ kind: Kind) -> SQLValue {
        switch kind {
        // Microsoft's driver omits a zero before the decimal point.
        case .decimal: .text(text.hasPrefix(".") ? "0\(text)" : text.hasPrefix("-.") ? "-0\(text.dropFirst())" : text)
        // In lower case, as other engines write it.
        case .uuid: .text(text.lowercased())
        // `2026-11-24 07:39:21.0408210 +00:00`
        case .offsetInstant:
            Timestamp(rfc3339: text.replacing(" +", with: "+").replacing(" -", with: "-")).map(SQLValue.timestamp)
                ?? .text(text)
        default: .text(text)
        }
    }

    // MARK: Cells

    /// A cell of fixed size; nil for NULL.
    private func number<Value: BitwiseCopyable>(
        _ column: Int, _ type: some BinaryInteger, _ zero: Value
    ) throws -> Value? {
        var value = zero
        var indicator = SQLLEN(0)
        let code = withUnsafeMutableBytes(of: &value) {
            SQLGetData(
                statement, SQLUSMALLINT(column), SQLSMALLINT(type), $0.baseAddress, SQLLEN($0.count), &indicator)
        }
        guard SQLServerLink.isSuccess(code) else { throw SQLServerFailure(statement) }
        return indicator == SQLLEN(SQL_NULL_DATA) ? nil : value
    }

    /// A cell of any size, read in pieces.
    /// - Parameter limit: the most elements to read.
    /// - Returns: nil in a value for NULL; nil if the cell is too large.
    private func long<Element: FixedWidthInteger>(
        _ column: Int, _ type: some BinaryInteger, limit: Int
    ) throws -> [Element]?? {
        let width = MemoryLayout<Element>.size
        // Each piece of text ends with a NUL.
        let terminator = Int32(type) == Int32(SQL_C_WCHAR) ? 1 : 0
        var elements: [Element] = []
        var capacity = 512
        while true {
            var indicator = SQLLEN(0)
            var code = SQLRETURN(SQL_ERROR)
            let piece = [Element](unsafeUninitializedCapacity: capacity) { buffer, count in
                code = SQLGetData(
                    statement, SQLUSMALLINT(column), SQLSMALLINT(type), buffer.baseAddress, SQLLEN(capacity * width),
                    &indicator)
                let isWhole = Int32(code) == SQL_SUCCESS && indicator >= 0
                count = isWhole ? min(Int(indicator) / width, capacity) : capacity - terminator
                if Int32(code) != SQL_SUCCESS && Int32(code) != SQL_SUCCESS_WITH_INFO
                    || indicator == SQLLEN(SQL_NULL_DATA)
                {
                    count = 0
                }
            }
            if Int32(code) == SQL_NO_DATA { return elements }
            guard SQLServerLink.isSuccess(code) else { throw SQLServerFailure(statement) }
            if indicator == SQLLEN(SQL_NULL_DATA) { return .some(nil) }
            elements += piece
            guard elements.count <= limit else { return nil }
            if Int32(code) == SQL_SUCCESS { return elements }
            let left = indicator == SQLLEN(SQL_NO_TOTAL) ? 0 : Int(indicator) / width - piece.count
            capacity = min(max(left, 4096), 1 << 20) + terminator
        }
    }
}
