internal import Tenancy

// The steps of provisioning, each of them repeatable.
extension MySQLLink {
    /// A database with this table is being made.
    static let marker: Identifier = "Unify_Unfinished"
    /// How long to wait for another process that makes the same database.
    static let makerLimit: Duration = .seconds(60)

    private static let readOnlyTables: Set<String> = [
        DatabaseIdentity.table.name.text.lowercased(), SchemaMigrations.table.name.text.lowercased(),
    ]

    static func quote(_ name: String) -> String { "`\(name.replacing("`", with: "``"))`" }

    /// Excludes other processes that make the database, until the connection is closed.
    /// - Parameter name: the lock's name, see ``MakerLock``.
    func lockMaking(as name: String) throws {
        guard try rows("SELECT GET_LOCK('\(name)', \(Self.makerLimit.components.seconds))").first?.first == "1" else {
            throw TenancyError(.busy, "Another process works on this database. Try again.", engine: .mysql)
        }
    }

    // MARK: Databases

    /// Makes this the session's database. The server treats a database without privileges as missing.
    /// - Returns: false if it is missing.
    func selectIfThere(_ name: String) throws -> Bool {
        do {
            try select(name)
            return true
        } catch let failure as MySQLFailure where [MySQLErrors.unknownDatabase, 1044].contains(failure.number) {
            return false
        }
    }

    func makeDatabase(_ name: String) throws {
        try control(
            "CREATE DATABASE IF NOT EXISTS \(Self.quote(name)) CHARACTER SET utf8mb4 \(MySQLDialect.exactCollation)")
        try select(name)
    }

    func beginMaking() throws {
        try control(
            "CREATE TABLE IF NOT EXISTS \(Self.quote(Self.marker.text)) (Marker_ID INTEGER PRIMARY KEY) ENGINE=InnoDB")
    }

    func endMaking() throws { try control("DROP TABLE IF EXISTS \(Self.quote(Self.marker.text))") }

    /// The names of the tables and views of the session's database.
    func tables() throws -> [String] { try rows("SHOW TABLES").compactMap { $0.first ?? nil } }

    /// Servers with `lower_case_table_names` write all names in lower case.
    static func isMarker(_ table: String) -> Bool { table.lowercased() == marker.text.lowercased() }

    /// Drops all tables of an unfinished database, the marker last.
    func dropTables() throws {
        try control("SET SESSION foreign_key_checks = 0")
        for table in try tables() where !Self.isMarker(table) {
            try control("DROP TABLE IF EXISTS \(Self.quote(table))")
        }
        try endMaking()
        try control("SET SESSION foreign_key_checks = 1")
    }

    func moveTables(from name: String, to aside: String) throws {
        let tables = try tables()
        guard !tables.isEmpty else { return }
        try control(
            "CREATE DATABASE \(Self.quote(aside)) CHARACTER SET utf8mb4 \(MySQLDialect.exactCollation)")
        let moves = tables.map { table in
            "\(Self.quote(name)).\(Self.quote(table)) TO \(Self.quote(aside)).\(Self.quote(table))"
        }
        try control("RENAME TABLE \(moves.joined(separator: ", "))")
    }

    // MARK: Logins

    /// - Returns: false if the account exists; it is left unchanged.
    func makeLoginIfMissing(_ account: MySQLAccount) throws -> Bool {
        do {
            try control("CREATE USER \(account.sql) \(try account.identification())")
            return true
        } catch let failure as MySQLFailure where failure.number == MySQLErrors.accountExists {
            return false
        }
    }

    /// The account that the server matched the session to, `name@host`.
    func currentAccount() throws -> String? { try rows("SELECT CURRENT_USER()").first?.first ?? nil }

    /// Grants privileges on each table of the session's database, and on nothing else. MySQL cannot grant on all
    /// tables except two.
    func grant(_ account: MySQLAccount, on name: String) throws {
        for table in try tables() where !Self.isMarker(table) {
            let rights =
                Self.readOnlyTables.contains(table.lowercased()) ? "SELECT" : "SELECT, INSERT, UPDATE, DELETE"
            try control("GRANT \(rights) ON \(Self.quote(name)).\(Self.quote(table)) TO \(account.sql)")
        }
    }

    func setPassword(of account: MySQLAccount) throws {
        try control("ALTER USER \(account.sql) \(try account.identification())")
    }

    /// Changes the password of the session's own login.
    func setOwnPassword(_ password: Secret<String>) throws {
        let literal = try MySQLText.literal(password.unsafeReveal())
        try control(
            isMariaDB ? "SET PASSWORD = PASSWORD(\(literal))" : "ALTER USER CURRENT_USER() IDENTIFIED BY \(literal)")
    }

    func dropLogin(_ account: MySQLAccount) throws { try control("DROP USER IF EXISTS \(account.sql)") }

    /// Ends all other sessions of the session's own login.
    func endOtherSessions() throws {
        for row in try rows("SHOW PROCESSLIST") {
            guard let text = row.first ?? nil, let id = UInt(text), id != threadID else { continue }
            do {
                try control("KILL CONNECTION \(id)")
            } catch is MySQLFailure {
                // It has ended by itself.
            }
        }
    }
}
