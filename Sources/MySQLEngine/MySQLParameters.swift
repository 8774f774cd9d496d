internal import CMariaDB
internal import Tenancy

/// A statement's parameters in Connector/C's form.
struct MySQLParameters {
    private enum Place {
        case none
        case number(Int)
        case time(Int)
        case bytes(offset: Int, count: Int)
    }

    private var types: [enum_field_types] = []
    private var places: [Place] = []
    /// The bits of integers and doubles.
    private var numbers: [UInt64] = []
    private var times: [MYSQL_TIME] = []
    /// All texts and blobs, concatenated.
    private var bytes: [UInt8] = []

    var count: Int { types.count }

    init(_ values: [SQLValue]) throws {
        for value in values { try append(value) }
        // A value without an address would be taken for NULL.
        bytes.append(0)
    }

    private mutating func append(_ value: SQLValue) throws {
        switch value {
        case .null: append(MYSQL_TYPE_NULL, .none)
        case .boolean(let value): append(number: value ? 1 : 0, MYSQL_TYPE_LONGLONG)
        case .integer(let number): append(number: UInt64(bitPattern: number), MYSQL_TYPE_LONGLONG)
        case .double(let number):
            guard number.isFinite else {
                throw TenancyError(
                    .constraintViolation, "MySQL has neither infinity nor NaN; a parameter is one.", engine: .mysql)
            }
            append(number: number.bitPattern, MYSQL_TYPE_DOUBLE)
        case .text(let text):
            guard !text.utf8.contains(0) else {
                throw TenancyError(.invalidStatement, "A text parameter has a NUL character in it.", engine: .mysql)
            }
            append(bytes: text.utf8, MYSQL_TYPE_STRING)
        case .blob(let blob): append(bytes: blob, MYSQL_TYPE_BLOB)
        case .timestamp(let instant):
            append(MYSQL_TYPE_DATETIME, .time(times.count))
            times.append(MySQLTime.time(instant))
        }
    }

    private mutating func append(number: UInt64, _ type: enum_field_types) {
        append(type, .number(numbers.count))
        numbers.append(number)
    }

    private mutating func append(bytes new: some Collection<UInt8>, _ type: enum_field_types) {
        let offset = bytes.count
        bytes += new
        append(type, .bytes(offset: offset, count: bytes.count - offset))
    }

    private mutating func append(_ type: enum_field_types, _ place: Place) {
        types.append(type)
        places.append(place)
    }

    /// Lends the argument of `mysql_stmt_bind_param`, whose pointers are valid only while the body runs.
    mutating func withBinds<Result>(_ body: (UnsafeMutablePointer<MYSQL_BIND>?) throws -> Result) rethrows -> Result {
        let (types, places) = (types, places)
        return try numbers.withUnsafeMutableBytes { numbers in
            try times.withUnsafeMutableBytes { times in
                try bytes.withUnsafeMutableBytes { bytes in
                    var binds = zip(types, places).map { type, place in
                        var bind = MYSQL_BIND()
                        bind.buffer_type = type
                        switch place {
                        case .none: break
                        case .number(let index): bind.buffer = numbers.baseAddress.map { $0 + index * 8 }
                        case .time(let index):
                            bind.buffer = times.baseAddress.map { $0 + index * MemoryLayout<MYSQL_TIME>.stride }
                        case .bytes(let offset, let count):
                            bind.buffer = bytes.baseAddress.map { $0 + offset }
                            bind.buffer_length = UInt(count)
                        }
                        return bind
                    }
                    return try binds.withUnsafeMutableBufferPointer { try body($0.baseAddress) }
                }
            }
        }
    }
}
