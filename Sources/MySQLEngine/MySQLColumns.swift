internal import CMariaDB
internal import Tenancy

/// A result's columns, and the buffers for Connector/C to store a row's cells.
///
/// Text and blobs have no buffer: their length comes first, and the cell is then fetched into exactly as much memory.
final class MySQLColumns {
    /// How a cell is decoded.
    enum Kind: Equatable {
        case integer, unsigned, float, double, instant, bits, text, blob
    }

    let names: ColumnNames
    private let kinds: [Kind]
    private let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let numbers: UnsafeMutablePointer<UInt64>
    private let times: UnsafeMutablePointer<MYSQL_TIME>
    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<my_bool>

    /// - Parameter fields: the result's columns, at least one.
    init(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) throws {
        names = ColumnNames(try fields.map(Self.name))
        kinds = fields.map(Self.kind)
        binds = .allocate(capacity: fields.count)
        numbers = .allocate(capacity: fields.count)
        times = .allocate(capacity: fields.count)
        lengths = .allocate(capacity: fields.count)
        nulls = .allocate(capacity: fields.count)
        binds.initialize(repeating: MYSQL_BIND(), count: fields.count)
        numbers.initialize(repeating: 0, count: fields.count)
        times.initialize(repeating: MYSQL_TIME(), count: fields.count)
        lengths.initialize(repeating: 0, count: fields.count)
        nulls.initialize(repeating: 0, count: fields.count)
        for index in kinds.indices { setBind(at: index) }
    }

    deinit {
        binds.deallocate()
        numbers.deallocate()
        times.deallocate()
        lengths.deallocate()
        nulls.deallocate()
    }

    /// Whether the statement still has these columns: a table may have changed since.
    func matches(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) -> Bool {
        fields.count == kinds.count
            && fields.indices.allSatisfy { index in
                Self.kind(fields[index]) == kinds[index]
                    && Self.nameBytes(fields[index]).elementsEqual(names.names[index].utf8)
            }
    }

    private static func nameBytes(_ field: MYSQL_FIELD) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: field.name, count: field.name == nil ? 0 : Int(field.name_length))
    }

    private static func name(_ field: MYSQL_FIELD) throws -> String { try MySQLText.decode(nameBytes(field)) }

    private static func kind(_ field: MYSQL_FIELD) -> Kind {
        // The "character set" of binary data.
        let isBinary = field.charsetnr == 63
        return switch field.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_YEAR: .integer
        case MYSQL_TYPE_LONGLONG: field.flags & UInt32(UNSIGNED_FLAG) != 0 ? .unsigned : .integer
        case MYSQL_TYPE_FLOAT: .float
        case MYSQL_TYPE_DOUBLE: .double
        case MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP: .instant
        case MYSQL_TYPE_BIT: .bits
        case MYSQL_TYPE_GEOMETRY: .blob
        case MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_BLOB,
            MYSQL_TYPE_VARCHAR, MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_STRING:
            isBinary ? .blob : .text
        // Decimals, dates, times of day, JSON: as the server writes them.
        default: .text
        }
    }

    private func setBind(at index: Int) {
        binds[index].length = lengths + index
        binds[index].is_null = nulls + index
        switch kinds[index] {
        case .integer, .unsigned: setBuffer(at: index, MYSQL_TYPE_LONGLONG)
        case .float: setBuffer(at: index, MYSQL_TYPE_FLOAT)
        case .double: setBuffer(at: index, MYSQL_TYPE_DOUBLE)
        case .instant:
            binds[index].buffer_type = MYSQL_TYPE_DATETIME
            binds[index].buffer = UnsafeMutableRawPointer(times + index)
        case .bits, .blob: binds[index].buffer_type = MYSQL_TYPE_BLOB
        case .text: binds[index].buffer_type = MYSQL_TYPE_STRING
        }
        binds[index].is_unsigned = kinds[index] == .unsigned ? 1 : 0
    }

    private func setBuffer(at index: Int, _ type: enum_field_types) {
        binds[index].buffer_type = type
        binds[index].buffer = UnsafeMutableRawPointer(numbers + index)
    }

    // MARK: Rows

    /// Binds a statement's rows to these buffers.
    func bind(to statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool { mysql_stmt_bind_result(statement, binds) == 0 }

    /// Appends the cells of the current row.
    /// - Parameter bytesLeft: the bytes of text and blobs that the result may still have.
    /// - Returns: the row's bytes; nil if there are too many.
    func append(
        rowOf statement: UnsafeMutablePointer<MYSQL_STMT>, to cells: inout [SQLValue], bytesLeft: Int
    ) throws -> Int? {
        var bytes = 0
        for index in kinds.indices {
            guard nulls[index] == 0 else {
                cells.append(.null)
                continue
            }
            if kinds[index] == .text || kinds[index] == .blob {
                bytes += Int(lengths[index])
                guard bytes <= bytesLeft else { return nil }
            }
            cells.append(try cell(at: index, of: statement))
        }
        return bytes
    }

    private func cell(at index: Int, of statement: UnsafeMutablePointer<MYSQL_STMT>) throws -> SQLValue {
        switch kinds[index] {
        case .integer: return .integer(Int64(bitPattern: numbers[index]))
        case .unsigned: return Self.value(ofUnsigned: numbers[index])
        case .float: return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: numbers[index]))))
        case .double: return .double(Double(bitPattern: numbers[index]))
        case .instant:
            return MySQLTime.instant(times[index]).map(SQLValue.timestamp) ?? .text(MySQLTime.text(times[index]))
        case .bits:
            let number = try withBytes(at: index, of: statement) { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
            return Self.value(ofUnsigned: number)
        case .text: return .text(try withBytes(at: index, of: statement, MySQLText.decode))
        case .blob: return .blob(try withBytes(at: index, of: statement) { Array($0) })
        }
    }

    /// Unsigned numbers beyond the signed 64-bit range become text.
    private static func value(ofUnsigned number: UInt64) -> SQLValue {
        Int64(exactly: number).map(SQLValue.integer) ?? .text(String(number))
    }

    /// Fetches the bytes of a cell that has no buffer.
    private func withBytes<Result>(
        at index: Int, of statement: UnsafeMutablePointer<MYSQL_STMT>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try withUnsafeTemporaryAllocation(byteCount: max(1, Int(lengths[index])), alignment: 1) { buffer in
            var bind = MYSQL_BIND()
            var length: UInt = 0
            var isNull: my_bool = 0
            bind.buffer_type = binds[index].buffer_type
            bind.buffer = buffer.baseAddress
            bind.buffer_length = UInt(buffer.count)
            let fetched = withUnsafeMutablePointer(to: &length) { lengthPointer in
                withUnsafeMutablePointer(to: &isNull) { nullPointer in
                    bind.length = lengthPointer
                    bind.is_null = nullPointer
                    return mysql_stmt_fetch_column(statement, &bind, UInt32(index), 0) == 0
                }
            }
            guard fetched, length <= UInt(buffer.count) else {
                throw TenancyError(.internalFailure, "Connector/C lost a cell of a row.", engine: .mysql)
            }
            return try body(UnsafeRawBufferPointer(rebasing: buffer[..<Int(length)]))
        }
    }
}
