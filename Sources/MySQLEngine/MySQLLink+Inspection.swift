internal import Tenancy

extension MySQLLink {
    /// MariaDB names itself in its version, MySQL does not.
    func version() throws -> String { "\(isMariaDB ? "" : "MySQL ")\(try text("SELECT VERSION()") ?? "")" }

    /// Recommendations for the operator.
    func advice(_ grants: MySQLGrants, account: String) throws -> [String] {
        var advice: [String] = []
        if try text("SELECT @@innodb_flush_log_at_trx_commit") != "1" {
            advice.append(
                "SET GLOBAL innodb_flush_log_at_trx_commit = 1; -- and in the server's file: a commit otherwise "
                    + "does not survive power loss")
        }
        if !grants.hasGlobally("PROCESS") {
            advice.append("\(MySQLGrants.statement("PROCESS", account)) -- to see how large databases are")
        }
        return advice + grants.superfluous(for: account)
    }

    /// InnoDB writes `database/table`, followed by the partition.
    /// - Parameter name: letters, digits and `_` only.
    func fileBytes(of name: String) throws -> Int64 {
        let table = isMariaDB ? "INNODB_SYS_TABLESPACES" : "INNODB_TABLESPACES"
        return try number(
            "SELECT COALESCE(SUM(FILE_SIZE), 0) FROM information_schema.\(table) "
                + "WHERE LOCATE(\(try MySQLText.literal("\(name)/")), NAME) = 1")
    }

    func estimatedBytes(of name: String) throws -> Int64 {
        let tables = try rows("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'").compactMap { $0.first ?? nil }
        for table in tables { try control("ANALYZE NO_WRITE_TO_BINLOG TABLE `\(table.replacing("`", with: "``"))`") }
        return try number(
            "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES "
                + "WHERE TABLE_SCHEMA = \(try MySQLText.literal(name))")
    }

    /// The problems that CHECK TABLE finds in the session's database.
    func tableProblems() throws -> [String] {
        guard !isInTransaction else {
            throw TenancyError(.nestedTransaction, "CHECK TABLE would end the transaction.", engine: .mysql)
        }
        let tables = try rows("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'").compactMap { $0.first ?? nil }
        var problems: [String] = []
        for table in tables {
            // Table, operation, kind of message, message; the last row of a sound table is `status`, `OK`.
            let rows = try rows("CHECK TABLE `\(table.replacing("`", with: "``"))`")
            let isSound = rows.last.map { $0.count == 4 && $0[2] == "status" && $0[3] == "OK" } ?? false
            if !isSound {
                let messages = rows.compactMap { $0.count == 4 ? $0[3] : nil }
                problems.append("\(table): \(messages.joined(separator: "; "))")
            }
        }
        return problems
    }

    private func text(_ sql: String) throws -> String? { try rows(sql).first?.first ?? nil }

    private func number(_ sql: String) throws -> Int64 {
        guard let text = try text(sql), let number = Int64(text) else {
            throw TenancyError(.unexpectedValue, "The server gave no number.", engine: .mysql)
        }
        return number
    }
}
