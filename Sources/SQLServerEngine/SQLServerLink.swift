internal import CODBC
internal import Synchronization
internal import Tenancy

/// A logged-in ODBC connection and its one statement; every call blocks.
///
/// `@unchecked Sendable`: `CallScheduler` lets one call at a time use the connection; ``cancel()`` may run
/// concurrently.
final class SQLServerLink: @unchecked Sendable {
    /// How long after a statement's limit the driver gives the connection up by itself.
    private static let timeoutSlack: Duration = .seconds(4)

    /// ODBC's process-wide environment.
    private static let environment = Environment()

    private struct Environment: @unchecked Sendable {
        let handle: SQLHENV?

        init() {
            var handle: SQLHANDLE?
            SQLAllocHandle(SQLSMALLINT(SQL_HANDLE_ENV), nil, &handle)
            SQLSetEnvAttr(handle, SQL_ATTR_ODBC_VERSION, SQLServerLink.value(Int(SQL_OV_ODBC3)), 0)
            self.handle = handle
        }
    }

    private let connection: SQLHDBC
    private let statement: SQLHSTMT
    private let driver: SQLServerDriver
    private(set) var isBabelfish = false
    /// Whether everything is encrypted, not the login alone.
    let isEncrypted: Bool
    private let dead = Atomic(false)
    private let isStopped = Atomic(false)
    private var isClosed = false
    /// The statement's current timeout, in seconds.
    private var timeout = 0

    /// Connects and logs in.
    /// - Throws: ``TenancyError``.
    init(
        _ location: DatabaseLocation, database: String, login: Login, options: SQLServerEngine.Options
    ) throws {
        driver = SQLServerDriver(named: options.driver)
        (connection, statement, isEncrypted) = try Self.open(
            location, database: database, login: login, options: options)
        do {
            try prepareSession(options)
        } catch {
            close()
            throw (error as? SQLServerFailure)?.tenancyError ?? error
        }
    }

    /// FreeTDS's own "request" leaves everything after the login in plain text, even if the server can encrypt. So
    /// encryption is required first, and given up only if that fails. Whoever can cut the connection can make it fail:
    /// ``isEncrypted`` says what came of it.
    private static func open(
        _ location: DatabaseLocation, database: String, login: Login, options: SQLServerEngine.Options
    ) throws -> (SQLHDBC, SQLHSTMT, isEncrypted: Bool) {
        let driver = SQLServerDriver(named: options.driver)
        if location.tls.mode == .prefer, driver == .freeTDS {
            var encrypted = location
            encrypted.tls.mode = .require
            do {
                let (connection, statement) = try connect(
                    encrypted, database: database, login: login, options: options)
                return (connection, statement, isEncrypted: true)
            } catch let error as TenancyError where error.code == .connectionFailed {
                // The attempt without encryption reports any other error.
            }
        }
        let (connection, statement) = try connect(location, database: database, login: login, options: options)
        return (connection, statement, isEncrypted: driver.encryptsEverything(location.tls))
    }

    private static func connect(
        _ location: DatabaseLocation, database: String, login: Login, options: SQLServerEngine.Options
    ) throws -> (SQLHDBC, SQLHSTMT) {
        let words = try SQLServerDriver.connectionString(
            location, database: database, login: login, driver: options.driver)
        var connection: SQLHANDLE?
        SQLAllocHandle(SQLSMALLINT(SQL_HANDLE_DBC), environment.handle, &connection)
        guard let connection else {
            throw TenancyError(.internalFailure, "ODBC has no memory for a connection.", engine: .sqlserver)
        }
        let seconds = max(1, options.connectLimit.components.seconds)
        SQLSetConnectAttrW(connection, SQL_ATTR_LOGIN_TIMEOUT, value(Int(seconds)), 0)
        var text = Array(words.utf16)
        let code = SQLDriverConnectW(
            connection, nil, &text, SQLSMALLINT(text.count), nil, 0, nil, SQLUSMALLINT(SQL_DRIVER_NOPROMPT))
        var statement: SQLHANDLE?
        if isSuccess(code) { SQLAllocHandle(SQLSMALLINT(SQL_HANDLE_STMT), connection, &statement) }
        guard let statement else {
            let failure = SQLServerFailure(connection: connection)
            SQLDisconnect(connection)
            SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_DBC), connection)
            throw SQLServerErrors.connecting(to: location, driver: options.driver, failure)
        }
        return (connection, statement)
    }

    deinit { close() }

    private func prepareSession(_ options: SQLServerEngine.Options) throws {
        let sql = """
            SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER ON; \
            SET NUMERIC_ROUNDABORT OFF; SET XACT_ABORT ON; SET NOCOUNT OFF; SET TEXTSIZE 2147483647; \
            SET LOCK_TIMEOUT \(Int(options.lockLimit / .milliseconds(1))); \
            SELECT CAST(SERVERPROPERTY('Babelfish') AS BIGINT) AS Is_Babelfish
            """
        let outcome = try run(SQLStatement(sql), StatementLimits(timeLimit: options.connectLimit), keepsRows: true)
        // An unknown property is NULL in SQL Server.
        isBabelfish = outcome.cells == [.integer(1)]
    }

    // MARK: Statements

    /// Runs a text of one or several statements. The outcome has the first result with columns.
    /// - Throws: ``SQLServerFailure``; ``TenancyError`` `resultTooLarge` and errors of parameters.
    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        var parameters = try SQLServerParameters(statement, driver: driver)
        setTimeout(limits.timeLimit + Self.timeoutSlack)
        defer { reset() }
        do {
            var text = parameters.text
            let handle = self.statement
            let code = parameters.withBinds(on: handle) { SQLExecDirectW(handle, &text, SQLINTEGER(text.count)) }
            return try collect(code, limits, keepsRows: keepsRows)
        } catch let failure as SQLServerFailure {
            noteIfDead(failure)
            throw failure
        }
    }

    /// The same, for a statement that ``cancel()`` stops. FreeTDS may take the rows that came before the stop for all of
    /// them, so a result that was complete in time counts as stopped as well.
    func runStoppably(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementOutcome {
        isStopped.store(false, ordering: .releasing)
        let outcome = try run(statement, limits, keepsRows: keepsRows)
        guard !isStopped.load(ordering: .acquiring) else { throw SQLServerFailure.stopped }
        return outcome
    }

    /// Runs a text without parameters and results that ``cancel()`` cannot stop.
    /// - Throws: ``SQLServerFailure``.
    func runFirmly(_ sql: String, limit: Duration) throws {
        var handle: SQLHANDLE?
        SQLAllocHandle(SQLSMALLINT(SQL_HANDLE_STMT), connection, &handle)
        guard let handle else { throw SQLServerFailure(connection: connection) }
        defer { SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_STMT), handle) }
        SQLSetStmtAttrW(handle, SQL_ATTR_QUERY_TIMEOUT, Self.value(Self.seconds(limit)), 0)
        var text = Array(sql.utf16)
        let code = SQLExecDirectW(handle, &text, SQLINTEGER(text.count))
        guard Self.isSuccess(code) || Int32(code) == SQL_NO_DATA else {
            let failure = SQLServerFailure(handle)
            noteIfDead(failure)
            throw failure
        }
    }

    private func collect(_ first: SQLRETURN, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        var outcome = StatementOutcome()
        var code = first
        var hasRows = false
        repeat {
            guard Self.isSuccess(code) || Int32(code) == SQL_NO_DATA else { throw SQLServerFailure(statement) }
            var columnCount = SQLSMALLINT(0)
            guard Self.isSuccess(SQLNumResultCols(statement, &columnCount)) else { throw SQLServerFailure(statement) }
            if columnCount > 0 {
                if keepsRows && !hasRows {
                    try readRows(Int(columnCount), limits, into: &outcome)
                } else {
                    // The rows of OUTPUT.
                    outcome.changes += try skipRows()
                }
                hasRows = true
            } else {
                var rows = SQLLEN(0)
                if Self.isSuccess(SQLRowCount(statement, &rows)), rows > 0 { outcome.changes += Int(rows) }
            }
            code = SQLMoreResults(statement)
        } while Int32(code) != SQL_NO_DATA
        return outcome
    }

    private func readRows(_ columnCount: Int, _ limits: StatementLimits, into outcome: inout StatementOutcome) throws {
        let columns = try SQLServerColumns(of: statement, count: columnCount)
        outcome.columns = columns.names
        var (rows, bytes) = (0, 0)
        while try fetch() {
            rows += 1
            guard rows <= limits.maxRows else { throw Self.tooLarge("\(limits.maxRows) rows") }
            guard let count = try columns.appendRow(to: &outcome.cells, bytesLeft: limits.maxBytes - bytes) else {
                throw Self.tooLarge("\(limits.maxBytes) bytes")
            }
            bytes += count
        }
    }

    private func skipRows() throws -> Int {
        var rows = 0
        while try fetch() { rows += 1 }
        return rows
    }

    /// - Returns: whether there is a row.
    private func fetch() throws -> Bool {
        let code = SQLFetch(statement)
        guard Self.isSuccess(code) || Int32(code) == SQL_NO_DATA else { throw SQLServerFailure(statement) }
        return Int32(code) != SQL_NO_DATA
    }

    private static func tooLarge(_ bound: String) -> TenancyError {
        TenancyError(.resultTooLarge, "The result has more than \(bound). Ask for it in pages.", engine: .sqlserver)
    }

    /// Discards the rest of a result, and readies the statement for the next text.
    private func reset() {
        SQLFreeStmt(statement, SQLUSMALLINT(SQL_CLOSE))
        SQLFreeStmt(statement, SQLUSMALLINT(SQL_RESET_PARAMS))
    }

    private func setTimeout(_ limit: Duration) {
        let seconds = Self.seconds(limit)
        guard seconds != timeout else { return }
        SQLSetStmtAttrW(statement, SQL_ATTR_QUERY_TIMEOUT, Self.value(seconds), 0)
        timeout = seconds
    }

    private static func seconds(_ limit: Duration) -> Int { Int(limit.components.seconds) + 1 }

    // MARK: Ending

    /// Tells the server to end the running statement; call on another thread than the one that waits for it.
    func cancel() {
        isStopped.store(true, ordering: .releasing)
        SQLCancel(statement)
    }

    /// Whether the connection is known to be lost.
    var isDead: Bool { dead.load(ordering: .acquiring) }

    private func noteIfDead(_ failure: SQLServerFailure) {
        var state = SQLULEN(0)
        let code = SQLGetConnectAttrW(connection, SQL_ATTR_CONNECTION_DEAD, &state, SQLINTEGER(SQL_IS_UINTEGER), nil)
        let isTold = Self.isSuccess(code) && UInt32(truncatingIfNeeded: state) == UInt32(SQL_CD_TRUE)
        if isTold || failure.isOfLostConnection { dead.store(true, ordering: .releasing) }
    }

    /// Idempotent.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        dead.store(true, ordering: .releasing)
        SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_STMT), statement)
        SQLDisconnect(connection)
        SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_DBC), connection)
    }

    // MARK: ODBC's words

    static func isSuccess(_ code: SQLRETURN) -> Bool {
        Int32(code) == SQL_SUCCESS || Int32(code) == SQL_SUCCESS_WITH_INFO
    }

    /// An integer where ODBC takes an address.
    private static func value(_ number: Int) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: number) }
}
