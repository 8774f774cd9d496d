internal import CSQLite
internal import Tenancy

/// A prepared statement. Belongs to its connection; used on one thread at a time.
final class SQLiteStatement {
    let pointer: OpaquePointer
    let isReadOnly: Bool
    private var columns: ColumnNames?
    private var columnsVersion: Int32 = 0
    private let parameterCount: Int
    /// How many more times the statement is assumed to be long.
    private var longUses = 0

    /// - Throws: ``TenancyError`` `invalidStatement`, also if the text has more than one statement.
    init(_ sql: String, on connection: OpaquePointer) throws {
        var sql = sql
        pointer = try sql.withUTF8 { bytes in
            try bytes.withMemoryRebound(to: CChar.self) { text in
                try Self.prepare(text, on: connection)
            }
        }
        isReadOnly = sqlite3_stmt_readonly(pointer) != 0
        parameterCount = Int(sqlite3_bind_parameter_count(pointer))
    }

    private static func prepare(
        _ text: UnsafeBufferPointer<CChar>, on connection: OpaquePointer
    ) throws -> OpaquePointer {
        var statement: OpaquePointer?
        var tail: UnsafePointer<CChar>?
        let code = sqlite3_prepare_v3(
            connection, text.baseAddress, Int32(clamping: text.count), UInt32(SQLITE_PREPARE_PERSISTENT), &statement,
            &tail)
        guard code == SQLITE_OK else { throw SQLiteErrors.error(code, on: connection, sql: String(decoding: text)) }
        guard let statement else {
            throw TenancyError(.invalidStatement, "The statement is empty.", engine: .sqlite)
        }
        let used = tail.flatMap { tail in text.baseAddress.map { tail - $0 } } ?? text.count
        guard text[used...].allSatisfy({ [0x20, 0x09, 0x0A, 0x0D, 0x3B].contains($0) }) else {
            sqlite3_finalize(statement)
            throw TenancyError(
                .invalidStatement, "Give one statement at a time, and nothing after it.", engine: .sqlite)
        }
        return statement
    }

    func finalize() { sqlite3_finalize(pointer) }

    /// Resets the statement for its next use and clears its parameters.
    func reset() {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
    }

    // MARK: Length

    /// Whether the statement was not long recently; called before each attempt to run it as a short one.
    func maybeShort() -> Bool {
        guard longUses > 0 else { return true }
        longUses -= 1
        return false
    }

    /// Marks the statement as long, so that it is not tried as a short one for a while.
    func wasLong() { longUses = 15 }

    // MARK: Parameters

    func bind(_ values: [SQLValue]) throws {
        guard parameterCount == values.count else {
            throw TenancyError(
                .invalidStatement, "The statement takes \(parameterCount) parameters; \(values.count) were given.",
                engine: .sqlite)
        }
        for index in values.indices {
            let code = try bind(values[index], at: Int32(index + 1))
            guard code == SQLITE_OK else {
                throw SQLiteErrors.error(code, on: sqlite3_db_handle(pointer), sql: nil)
            }
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) throws -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(pointer, index)
        case .boolean(let value): sqlite3_bind_int64(pointer, index, value ? 1 : 0)
        case .integer(let number): sqlite3_bind_int64(pointer, index, number)
        case .double(let number): sqlite3_bind_double(pointer, index, number)
        case .text(let text): try bind(text, at: index)
        case .timestamp(let instant): try bind(instant.rfc3339, at: index)
        case .blob(let bytes):
            bytes.withUnsafeBytes { buffer in
                // A blob without bytes has no address, which SQLite would take for NULL.
                guard let base = buffer.baseAddress, !buffer.isEmpty else {
                    return sqlite3_bind_zeroblob(pointer, index, 0)
                }
                return unify_sqlite3_bind_blob(pointer, index, base, sqlite3_uint64(buffer.count))
            }
        }
    }

    private func bind(_ text: String, at index: Int32) throws -> Int32 {
        var text = text
        return try text.withUTF8 { bytes in
            guard !bytes.contains(0) else {
                throw TenancyError(
                    .invalidStatement, "A text parameter has a NUL character in it.", engine: .sqlite)
            }
            guard let base = bytes.baseAddress else { return unify_sqlite3_bind_text(pointer, index, "", 0) }
            return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                unify_sqlite3_bind_text(pointer, index, $0, sqlite3_uint64(bytes.count))
            }
        }
    }

    // MARK: Columns

    /// The names of the result's columns; read again when SQLite has reprepared the statement after a schema change.
    func currentColumns() -> ColumnNames {
        let version = sqlite3_stmt_status(pointer, SQLITE_STMTSTATUS_REPREPARE, 0)
        if let columns, columnsVersion == version { return columns }
        let names = (0..<sqlite3_column_count(pointer)).map { index in
            sqlite3_column_name(pointer, index).map { String(cString: $0) } ?? ""
        }
        let columns = ColumnNames(names)
        self.columns = columns
        columnsVersion = version
        return columns
    }

    /// The value in a column.
    /// - Parameters:
    ///   - bytes: increased by the bytes of text or of a blob, by 8 for anything else.
    ///   - limit: nothing is copied beyond it.
    /// - Returns: nil if the limit is exceeded.
    func value(at index: Int32, counting bytes: inout Int, upTo limit: Int) -> SQLValue? {
        let type = sqlite3_column_type(pointer, index)
        guard type == SQLITE_TEXT || type == SQLITE_BLOB else {
            bytes += 8
            return bytes <= limit ? number(at: index, type) : nil
        }
        // Read before the length: SQLite may have to convert UTF-16 to UTF-8 first.
        let start =
            type == SQLITE_TEXT
            ? UnsafeRawPointer(sqlite3_column_text(pointer, index)) : sqlite3_column_blob(pointer, index)
        let count = Int(sqlite3_column_bytes(pointer, index))
        bytes += count
        guard bytes <= limit else { return nil }
        let buffer = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        return type == SQLITE_TEXT ? .text(String(decoding: buffer, as: UTF8.self)) : .blob(Array(buffer))
    }

    private func number(at index: Int32, _ type: Int32) -> SQLValue {
        switch type {
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(pointer, index))
        case SQLITE_FLOAT: .double(sqlite3_column_double(pointer, index))
        default: .null
        }
    }
}

extension String {
    fileprivate init(decoding text: UnsafeBufferPointer<CChar>) {
        self = String(decoding: text.lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
