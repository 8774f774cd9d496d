internal import CSQLite
internal import Tenancy

/// Maps SQLite's result codes (sqlite.org/rescode.html) to the library's errors.
enum SQLiteErrors {
    static func error(_ code: Int32, on pointer: OpaquePointer?, sql: String?) -> TenancyError {
        // Copied now, because the next call overwrites it. The text may name tables and columns, but no values.
        let text = pointer.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "code \(code)"
        let (kind, message) = meaning(of: code, text: text)
        return TenancyError(kind, message, engine: .sqlite, sql: sql)
    }

    private static func meaning(of code: Int32, text: String) -> (TenancyError.Code, String) {
        // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID: shifted macros, which Swift does not import.
        if [2067, 1555, 2579].contains(code) { return (.uniqueViolation, "A row with this key is there already.") }
        // SQLITE_IOERR_FSTAT: a log takes its mode from the database's file, which was removed after it had been opened.
        if code == 1802 { return (.databaseMissing, "The database file was removed while it was opened. Try again.") }
        switch code & 0xFF {
        case SQLITE_CONSTRAINT: return (.constraintViolation, "The row breaks a rule of its table: \(text).")
        case SQLITE_BUSY, SQLITE_LOCKED:
            return (.busy, "Another process has locked the database for too long. Try again.")
        case SQLITE_FULL:
            return (
                .diskFull,
                "The disk is full, or the statement needs more temporary space than it may; nothing was written."
            )
        case SQLITE_IOERR: return (.ioFailure, "The disk failed to read or write (\(text), code \(code)).")
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return (.databaseCorrupt, "The file is not a sound database. Restore it from a backup.")
        case SQLITE_READONLY, SQLITE_PERM:
            return (.databaseUnreadable, "The database file may not be written; check its owner and mode.")
        case SQLITE_CANTOPEN:
            return (.connectionFailed, "The database file, or the log beside it, cannot be opened.")
        case SQLITE_AUTH: return (.notAuthorized, "This statement is not allowed here: \(text).")
        case SQLITE_TOOBIG: return (.resultTooLarge, "A value is larger than 16 MiB, or a statement than 1 MiB.")
        case SQLITE_NOMEM: return (.overloaded, "There is no memory left for this statement. Ask for less at a time.")
        // A function that the authorizer refuses is reported with the generic code.
        case SQLITE_ERROR where text.hasPrefix("not authorized"):
            return (.notAuthorized, "This statement is not allowed here: \(text).")
        case SQLITE_ERROR where text.hasPrefix("no such table"):
            return (.tableMissing, "\(text.prefix(1).uppercased())\(text.dropFirst()).")
        case SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_RANGE: return (.invalidStatement, "The statement is wrong: \(text).")
        default: return (.internalFailure, "SQLite failed: \(text), code \(code).")
        }
    }
}
