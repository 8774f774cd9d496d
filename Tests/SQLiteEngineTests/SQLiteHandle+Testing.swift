import CSQLite

@testable import SQLiteEngine

extension SQLiteHandle {
    /// `PRAGMA synchronous`: 1 for NORMAL, 2 for FULL. Switches the authorizer off, which refuses the question.
    var synchronousLevel: Int64? {
        sqlite3_set_authorizer(pointer, nil, nil)
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(pointer, "PRAGMA synchronous", -1, &statement, nil) == SQLITE_OK,
            sqlite3_step(statement) == SQLITE_ROW
        else { return nil }
        return sqlite3_column_int64(statement, 0)
    }

    /// How many prepared statements SQLite itself counts.
    var preparedCount: Int {
        sequence(state: nil as OpaquePointer?) { last in
            last = sqlite3_next_stmt(self.pointer, last)
            return last
        }.reduce(0) { count, _ in count + 1 }
    }
}
