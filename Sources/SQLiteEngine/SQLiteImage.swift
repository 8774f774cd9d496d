internal import CSQLite
internal import Tenancy

/// The bytes of a database file, made in memory.
enum SQLiteImage {
    /// The file that results from running these statements on an empty database, or on another image.
    static func make(_ statements: [SQLStatement], from image: [UInt8] = []) throws -> [UInt8] {
        var pointer: OpaquePointer?
        let code = sqlite3_open_v2(":memory:", &pointer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        defer { sqlite3_close(pointer) }
        guard code == SQLITE_OK, let pointer else {
            throw TenancyError(.internalFailure, "SQLite could not open a database in memory.", engine: .sqlite)
        }
        if !image.isEmpty { try load(image, into: pointer) }
        for statement in statements { try run(statement, on: pointer) }
        var size: sqlite3_int64 = 0
        guard let bytes = sqlite3_serialize(pointer, "main", &size, 0) else { throw failure(pointer) }
        defer { sqlite3_free(bytes) }
        var result = Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
        // File format, bytes 18 and 19: the versions for writing and reading; 2 means write-ahead log.
        result[18] = 2
        result[19] = 2
        return result
    }

    private static func load(_ image: [UInt8], into pointer: OpaquePointer) throws {
        let size = sqlite3_uint64(image.count)
        guard let copy = sqlite3_malloc64(size) else { throw failure(pointer) }
        let bytes = copy.assumingMemoryBound(to: UInt8.self)
        bytes.update(from: image, count: image.count)
        // A database in memory has no write-ahead log.
        bytes[18] = 1
        bytes[19] = 1
        let flags = UInt32(SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE)
        let length = sqlite3_int64(size)
        guard sqlite3_deserialize(pointer, "main", bytes, length, length, flags) == SQLITE_OK else {
            throw failure(pointer)
        }
    }

    private static func run(_ statement: SQLStatement, on pointer: OpaquePointer) throws {
        let prepared = try SQLiteStatement(statement.sql, on: pointer)
        defer { prepared.finalize() }
        try prepared.bind(statement.parameters)
        guard sqlite3_step(prepared.pointer) == SQLITE_DONE else { throw failure(pointer) }
    }

    private static func failure(_ pointer: OpaquePointer) -> TenancyError {
        SQLiteErrors.error(sqlite3_extended_errcode(pointer), on: pointer, sql: nil)
    }
}
