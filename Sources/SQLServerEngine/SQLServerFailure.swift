internal import CODBC
internal import Tenancy

/// The diagnostics of a failed ODBC call; becomes a `TenancyError` when it leaves the engine.
struct SQLServerFailure: Error {
    /// One message of the server (by its number, as in sys.messages) or of the driver (by its SQLSTATE).
    struct Record {
        let state: String
        let number: Int
        /// May repeat values: never passed on.
        let text: String
    }

    let records: [Record]
    var sql: String?

    init(records: [Record]) { self.records = records }

    /// A statement that was stopped.
    static var stopped: SQLServerFailure {
        SQLServerFailure(records: [Record(state: "HY008", number: 0, text: "The statement was stopped.")])
    }

    init(_ statement: SQLHSTMT) { self.init(type: SQL_HANDLE_STMT, handle: statement) }
    init(connection: SQLHDBC) { self.init(type: SQL_HANDLE_DBC, handle: connection) }

    /// Copies the records, because the next call on the handle clears them.
    private init(type: Int32, handle: SQLHANDLE) {
        var records: [Record] = []
        var state = [SQLWCHAR](repeating: 0, count: 6)
        var text = [SQLWCHAR](repeating: 0, count: 512)
        var (number, length) = (SQLINTEGER(0), SQLSMALLINT(0))
        while records.count < 16,
            SQLServerLink.isSuccess(
                SQLGetDiagRecW(
                    SQLSMALLINT(type), handle, SQLSMALLINT(records.count + 1), &state, &number, &text,
                    SQLSMALLINT(text.count), &length))
        {
            records.append(
                Record(
                    state: String(decoding: state.prefix(5), as: UTF16.self), number: Int(number),
                    text: String(decoding: text.prefix(min(max(0, Int(length)), text.count - 1)), as: UTF16.self)))
        }
        self.records = records
    }

    var isOfLostConnection: Bool { SQLServerErrors.meaning(of: self).0 == .connectionFailed }

    var tenancyError: TenancyError {
        let (code, message) = SQLServerErrors.meaning(of: self)
        return TenancyError(code, message, engine: .sqlserver, sql: sql)
    }
}
