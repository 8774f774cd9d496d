import Tenancy
import Testing

@testable import SQLiteEngine

@Suite("SQLiteErrors")
struct SQLiteErrorsTests {
    /// In WAL mode the first statement opens the log, with the mode of the database's file. If that was removed after it
    /// had been opened, SQLite 3.40 reports SQLITE_IOERR_FSTAT, although no disk failed.
    @Test func aFileThatWasRemovedWhileItWasOpenedIsMissing() {
        #expect(SQLiteErrors.error(1802, on: nil, sql: nil).code == .databaseMissing)
        #expect(SQLiteErrors.error(10, on: nil, sql: nil).code == .ioFailure)
    }
}
