internal import Tenancy

/// Maps the server's error numbers ("Database Engine events and errors" on learn.microsoft.com), those of FreeTDS
/// (20000 to 20999) and SQLSTATE to the library's errors. The server's messages are never passed on, because they
/// repeat values.
enum SQLServerErrors {
    private typealias Meaning = (TenancyError.Code, String)

    static func meaning(of failure: SQLServerFailure) -> (TenancyError.Code, String) {
        for record in failure.records {
            if let meaning = meaning(ofNumber: record.number) ?? BabelfishErrors.meaning(of: record) { return meaning }
        }
        // The driver's own errors and unknown numbers, by their class. Class 01 is not an error.
        for record in failure.records where !record.state.hasPrefix("01") { return meaning(of: record) }
        return (.internalFailure, "The SQL Server failed and did not say how.")
    }

    private static func meaning(ofNumber number: Int) -> (TenancyError.Code, String)? {
        switch number {
        case 2601, 2627: (.uniqueViolation, "A row with this key is there already.")
        case 1205, 1222, 1807, 3702, 3960, 3961, 5061, 15434: busy
        case 208, 1088, 3701, 4701, 4902: (.tableMissing, "The table is not there, or not for this login.")
        case 229, 230, 262, 297, 300, 916, 2571, 5011, 6102, 15151, 15247:
            (.notAuthorized, "The login may not do this (error \(number)).")
        case 220, 241, 242, 244, 245, 248, 295, 515, 544, 547, 2628, 8101, 8114, 8115, 8134, 8152, 8169:
            (.constraintViolation, "A value breaks a rule of its table or type (error \(number)).")
        case 911, 4060: (.databaseMissing, "The server has no such database.")
        case 922, 924, 927, 942, 945, 952, 976, 978, 979, 983, 3906:
            (
                .databaseUnreadable,
                "The server does not serve this database now (error \(number)): offline, restoring, "
                    + "read-only or a secondary replica."
            )
        case 3952:
            (
                .invalidConfiguration,
                "The database knows no snapshots. As its owner: ALTER DATABASE … SET "
                    + "ALLOW_SNAPSHOT_ISOLATION ON; ALTER DATABASE … SET READ_COMMITTED_SNAPSHOT ON"
            )
        case 1101, 1105, 9002: (.diskFull, "The server's disk, or the room given to the database, is full.")
        case 701, 802, 8645, 8651, 10928, 10929, 17300, 17809:
            (.overloaded, "The server has no connection or memory left (error \(number)).")
        case 823: (.ioFailure, "The server failed to read or write its files.")
        case 605, 824, 825: (.databaseCorrupt, "The server cannot read a page. Restore the database from a backup.")
        case 596, 3980, 6005, 20003, 20004, 20006, 20009, 20017, 20020, 20047, 40197, 40501, 40613: lost
        default: nil
        }
    }

    private static func meaning(of record: SQLServerFailure.Record) -> (TenancyError.Code, String) {
        switch record.state {
        case "HY008": (.cancelled, "The statement was stopped.")
        // The driver gives the connection up.
        case "HYT00", "HYT01": lost
        case "HY001", "HY014": (.overloaded, "The ODBC driver has no memory or handle left.")
        case _ where record.state.hasPrefix("08"): lost
        case _ where ["22", "23"].contains(record.state.prefix(2)):
            (.constraintViolation, "A value breaks a rule of its table or type (error \(record.number)).")
        case _ where ["07", "21", "24", "37", "42", "S0"].contains(record.state.prefix(2)):
            (.invalidStatement, "The statement is wrong (error \(record.number)).")
        default: (.internalFailure, "The SQL Server failed (SQLSTATE \(record.state), error \(record.number)).")
        }
    }

    private static let lost = (TenancyError.Code.connectionFailed, "The connection to the SQL Server was lost.")
    static let busy = (TenancyError.Code.busy, "Another transaction holds what this one needs. Try again.")

    // MARK: Connecting

    static func place(_ location: DatabaseLocation) -> String {
        let host = location.host ?? "localhost"
        guard let port = location.port else {
            return host.contains("\\") ? host : "\(host):\(SQLServerEngine.defaultPort)"
        }
        return "\(host):\(port)"
    }

    /// The error of a failed connection.
    static func connecting(
        to location: DatabaseLocation, driver: String, _ failure: SQLServerFailure
    ) -> TenancyError {
        let server = "The SQL Server \(place(location))"
        let numbers = Set(failure.records.map(\.number))
        let states = Set(failure.records.map(\.state))
        let (code, message): (TenancyError.Code, String) =
            if states.contains("IM002") || failure.records.contains(where: { $0.text.contains("Can't open lib") }) {
                (
                    .invalidConfiguration,
                    "There is no ODBC driver \(driver) on this machine. Install one (Debian: apt-get install tdsodbc) or "
                        + "name another by UNIFY_SQLSERVER_DRIVER; odbcinst -q -d lists them."
                )
            } else if !numbers.isDisjoint(with: [10928, 10929, 17809]) {
                (.overloaded, "\(server) has no connection left.")
            } else if !numbers.isDisjoint(with: [911, 916, 4060, 4062, 4064, 18452, 18456, 18470, 18486, 18487, 18488])
                || states.contains("28000") || failure.tenancyError.code == .loginRefused
            {
                (.loginRefused, "\(server) does not let this login into this database.")
            } else {
                (.connectionFailed, "\(server) cannot be reached: \(words(of: failure))")
            }
        return TenancyError(code, message, engine: .sqlserver)
    }

    /// The driver's own message, which names hosts and causes, but no secret.
    private static func words(of failure: SQLServerFailure) -> String {
        guard let record = failure.records.first else { return "no answer." }
        return "\(record.text.split(separator: "]").last ?? "") (SQLSTATE \(record.state))"
    }
}
