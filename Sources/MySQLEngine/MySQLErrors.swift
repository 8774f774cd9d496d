internal import CMariaDB
internal import Tenancy

/// Maps error numbers of the server (mariadb.com/kb/en/mariadb-error-codes and MySQL's "Server Error Message
/// Reference") and of Connector/C (2000 to 2999) to the library's errors. The server's messages are never passed on,
/// because they repeat values.
enum MySQLErrors {
    /// A deadlock was resolved by rolling back this session's whole transaction.
    static let deadlock: UInt32 = 1213
    /// CREATE USER on an existing account.
    static let accountExists: UInt32 = 1396
    static let lockWaitTimeout: UInt32 = 1205
    static let unknownDatabase: UInt32 = 1049
    static let tableDenied: UInt32 = 1142
    static let tableMissing: UInt32 = 1146
    /// The definition of a table changed after the statement was prepared.
    static let staleStatements: Set<UInt32> = [1615, UInt32(CR_NEW_STMT_METADATA)]
    /// The connection cannot be used any longer.
    private static let lost: Set<UInt32> = [1053, 1152, 1153, 1927, 2006, 2013, 2014, 2020, 2026, 2027, 2055, 4031]

    /// The error of the last call on a connection. Copied, because the next call overwrites it.
    static func error(on pointer: UnsafeMutablePointer<MYSQL>, sql: String? = nil) -> MySQLFailure {
        MySQLFailure(number: mysql_errno(pointer), state: String(cString: mysql_sqlstate(pointer)), sql: sql)
    }

    static func error(in statement: UnsafeMutablePointer<MYSQL_STMT>, sql: String) -> MySQLFailure {
        let number = mysql_stmt_errno(statement)
        var failure = MySQLFailure(number: number, state: String(cString: mysql_stmt_sqlstate(statement)), sql: sql)
        if number == tableDenied { failure.deniedTable = deniedTable(in: String(cString: mysql_stmt_error(statement))) }
        return failure
    }

    /// - Parameter text: ends in `` `database`.`table` `` on MariaDB, in `'table'` on MySQL.
    private static func deniedTable(in text: String) -> MySQLFailure.Table? {
        if text.hasSuffix("`") {
            let parts = text.split(separator: "`", omittingEmptySubsequences: false).dropLast()
            guard parts.count >= 4, parts[parts.endIndex - 2] == "." else { return nil }
            return MySQLFailure.Table(
                database: String(parts[parts.endIndex - 3]), table: String(parts[parts.endIndex - 1]))
        }
        guard text.hasSuffix("'"), let table = text.split(separator: "'").last else { return nil }
        return MySQLFailure.Table(database: nil, table: String(table))
    }

    /// Whether a change of the schema makes what is there already (a table, column, key or constraint), or removes what
    /// is not.
    static func isEffectThere(_ number: UInt32) -> Bool {
        [1050, 1051, 1060, 1061, 1068, 1091, 1826].contains(number)
    }

    static func isLost(_ number: UInt32) -> Bool { lost.contains(number) }

    static func meaning(of number: UInt32, state: String) -> (TenancyError.Code, String) {
        switch number {
        case 1022, 1062, 1169, 1586, 1761, 1762, 1859: (.uniqueViolation, "A row with this key is there already.")
        case 1792: (.readOnlyLease, "This lease is for reading.")
        case 1205, 1213, 1614, 3058, 3572: (.busy, "Another transaction holds what this one needs. Try again.")
        case 1317: (.cancelled, "The statement was stopped.")
        // A server's own limit: MariaDB's max_statement_time, MySQL's max_execution_time.
        case 1969, 3024: (.deadlineExceeded, "The statement ran past the server's own time limit.")
        case 1044, 1045, 1095, 1132, 1141, 1142, 1143, 1227, 1370, 1410, 1449, 1698:
            (.notAuthorized, "The login may not do this (error \(number)).")
        case 1049: (.databaseMissing, "The server has no such database.")
        case 1051, 1109, 1146: (.tableMissing, "The table is not there, or not for this login.")
        case 1290, 1836: (.databaseUnreadable, "The server takes no writes: it is read-only, a replica perhaps.")
        case 1021, 1114: (.diskFull, "The server's disk is full; nothing was written.")
        case 1037, 1038, 1040, 1041, 1203, 1226: (.overloaded, "The server has no connection or memory left.")
        case 1461: (.overloaded, "The server keeps as many prepared statements as it may: max_prepared_stmt_count.")
        case 1030, 1023, 1024, 1026: (.ioFailure, "The server failed to read or write (error \(number)).")
        case 126, 127, 144, 145, 1034, 1035, 1194, 1195, 1712:
            (.databaseCorrupt, "The server cannot read a table. Restore it from a backup.")
        case 1153, 2020:
            (.resultTooLarge, "A value or a row is larger than the server's max_allowed_packet.")
        case _ where isLost(number): (.connectionFailed, "The connection to the MySQL server was lost.")
        case 1295: (.invalidStatement, "The server takes no such statement over this connection.")
        default: meaning(ofState: state, number)
        }
    }

    private static func meaning(ofState state: String, _ number: UInt32) -> (TenancyError.Code, String) {
        // Failed CHECKs of MySQL and MariaDB, invalid strings, missing defaults: without a common class.
        let rules: Set<UInt32> = [1264, 1265, 1292, 1364, 1366, 1406, 1411, 1525, 1690, 3819, 4025]
        if rules.contains(number) || ["22", "23"].contains(state.prefix(2)) {
            return (.constraintViolation, "A value breaks a rule of its table or type (error \(number)).")
        }
        if ["42", "21", "0A"].contains(state.prefix(2)) || [1050, 1054, 1210, 1253, 1267, 1327].contains(number) {
            return (.invalidStatement, "The statement is wrong (error \(number)).")
        }
        if state.hasPrefix("08") { return (.connectionFailed, "The connection to the MySQL server was lost.") }
        return (.internalFailure, "The MySQL server failed (error \(number)).")
    }

    // MARK: Connecting

    static func place(_ location: DatabaseLocation) -> String {
        "\(location.host ?? "localhost"):\(location.port ?? MySQLEngine.defaultPort)"
    }

    /// The error of a failed connection.
    static func connecting(to location: DatabaseLocation, _ pointer: UnsafeMutablePointer<MYSQL>) -> TenancyError {
        let number = mysql_errno(pointer)
        let server = "The MySQL server \(place(location))"
        let (code, message): (TenancyError.Code, String) =
            switch number {
            case unknownDatabase: (.databaseMissing, "\(server) has no such database.")
            case 1044, 1045, 1698, 1862, 3118, 3955, 4151:
                (.loginRefused, "\(server) does not let this login into this database (error \(number)).")
            case 1040, 1203, 1226:
                (.overloaded, "\(server) has no connection left; raise its max_connections.")
            case 1129, 1130:
                (.connectionFailed, "\(server) takes no connections from this machine (error \(number)).")
            case 2000..<3000:
                // Connector/C's own message, which names hosts, files and causes, but no secret.
                (.connectionFailed, "\(server) cannot be reached: \(String(cString: mysql_error(pointer)))")
            default: (.connectionFailed, "\(server) refused the connection (error \(number)).")
            }
        return TenancyError(code, message, engine: .mysql)
    }
}
