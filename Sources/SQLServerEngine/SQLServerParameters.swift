internal import CODBC
internal import Tenancy

/// A statement's text and parameter values in ODBC's form.
///
/// Each kind of value has one type whatever the value's length, so that the server can reuse its plan. NULL has no
/// type that every column accepts, so it is written into the text.
struct SQLServerParameters {
    /// Longer texts are NVARCHAR(MAX), longer blobs VARBINARY(MAX).
    private static let (maxUnits, maxBytes) = (4000, 8000)

    private struct Bind {
        let cType: Int32
        let sqlType: Int32
        /// Characters, bytes or digits; 0 for a type without a bound.
        let size: Int
        let digits: Int16
        let offset: Int
        /// In bytes.
        let length: Int
    }

    let text: [UInt16]
    private var binds: [Bind] = []
    private var bytes: [UInt8] = []

    /// - Throws: ``TenancyError`` `invalidStatement` or `constraintViolation`.
    init(_ statement: SQLStatement, driver: SQLServerDriver) throws {
        let values = statement.parameters
        let (sql, count) = SQLScanner.replacingMarks(in: statement.sql, quoting: SQLServerDialect.quoting) { index in
            index < values.count && values[index].isNull ? "NULL" : "?"
        }
        guard count == values.count else {
            throw Self.error(.invalidStatement, "The statement takes \(count) parameters; \(values.count) were given.")
        }
        text = Array(sql.utf16)
        for value in values { try append(value, driver) }
        // An address is needed even for zero bytes.
        bytes.append(0)
    }

    private mutating func append(_ value: SQLValue, _ driver: SQLServerDriver) throws {
        switch value {
        case .null: break
        case .boolean(let value): append([value ? 1 : 0], SQL_C_BIT, SQL_BIT, size: 1)
        case .integer(let number): append(bytes(of: number), SQL_C_SBIGINT, SQL_BIGINT, size: 19)
        case .double(let number):
            guard number.isFinite else {
                throw Self.error(
                    .constraintViolation, "SQL Server has neither infinity nor NaN; a parameter is one.")
            }
            append(bytes(of: number), SQL_C_DOUBLE, SQL_DOUBLE, size: 53)
        case .text(let text):
            guard !text.utf8.contains(0) else {
                throw Self.error(.invalidStatement, "A text parameter has a NUL character in it.")
            }
            append(text, driver)
        case .blob(let blob):
            let isLong = blob.count > Self.maxBytes
            let (type, size) = isLong ? driver.longBlob : (SQL_VARBINARY, Self.maxBytes)
            append(blob, SQL_C_BINARY, type, size: size)
        case .timestamp(let instant) where instant < Self.firstGregorianDay:
            append(String(instant.rfc3339.dropLast()), driver)
        case .timestamp(let instant):
            // `yyyy-mm-dd hh:mm:ss.mmm`: 23 characters.
            append(bytes(of: Self.fields(instant)), SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, size: 23, digits: 3)
        }
    }

    /// 1583-01-01. FreeTDS takes days before October 1582 for Julian dates; the server, given text, does not.
    private static let firstGregorianDay = Timestamp(milliseconds: -12_212_553_600_000)

    private mutating func append(_ text: String, _ driver: SQLServerDriver) {
        let units = Array(text.utf16)
        let (type, size) = units.count > Self.maxUnits ? driver.longText : (SQL_WVARCHAR, Self.maxUnits)
        append(units.withUnsafeBytes { Array($0) }, SQL_C_WCHAR, type, size: size)
    }

    private static func fields(_ instant: Timestamp) -> SQL_TIMESTAMP_STRUCT {
        let fields = instant.fields
        return SQL_TIMESTAMP_STRUCT(
            year: Int16(fields.year), month: UInt16(fields.month), day: UInt16(fields.day), hour: UInt16(fields.hour),
            minute: UInt16(fields.minute), second: UInt16(fields.second),
            fraction: UInt32(fields.millisecond) * 1_000_000
        )
    }

    private func bytes(of value: some BitwiseCopyable) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    private mutating func append(
        _ new: [UInt8], _ cType: some BinaryInteger, _ sqlType: some BinaryInteger, size: Int, digits: Int16 = 0
    ) {
        // Numbers and structures must be aligned.
        while bytes.count % 8 != 0 { bytes.append(0) }
        binds.append(
            Bind(
                cType: Int32(cType), sqlType: Int32(sqlType), size: size, digits: digits, offset: bytes.count,
                length: new.count))
        bytes += new
    }

    private static func error(_ code: TenancyError.Code, _ message: String) -> TenancyError {
        TenancyError(code, message, engine: .sqlserver)
    }

    /// Binds the values to a statement while the body runs.
    /// - Returns: the body's result, or the code of the first binding that failed.
    mutating func withBinds(on statement: SQLHSTMT, _ body: () -> SQLRETURN) -> SQLRETURN {
        let binds = binds
        var lengths = binds.map(\.length)
        return bytes.withUnsafeMutableBytes { bytes in
            lengths.withUnsafeMutableBufferPointer { lengths in
                for (index, bind) in binds.enumerated() {
                    let code = SQLBindParameter(
                        statement, SQLUSMALLINT(index + 1), SQLSMALLINT(SQL_PARAM_INPUT), SQLSMALLINT(bind.cType),
                        SQLSMALLINT(bind.sqlType), SQLULEN(bind.size), bind.digits,
                        bytes.baseAddress.map { $0 + bind.offset }, SQLLEN(bind.length),
                        lengths.baseAddress.map { $0 + index })
                    guard SQLServerLink.isSuccess(code) else { return code }
                }
                return body()
            }
        }
    }
}
