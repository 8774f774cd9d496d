internal import Tenancy

/// A login's rights on the whole server, as SHOW GRANTS tells them.
///
/// Rights on a pattern of databases (`u\_%`) are not counted: the names of databases are not known here.
struct MySQLGrants {
    /// What making, changing and removing databases and their logins takes. What is given on to a login must also be
    /// held, with GRANT OPTION.
    static let needed = [
        "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE USER",
    ]

    private var rights: Set<String> = []
    private var hasGrantOption = false

    /// - Parameter lines: `GRANT SELECT, … ON *.* TO … WITH GRANT OPTION`.
    init(_ lines: [String]) {
        for line in lines {
            guard line.hasPrefix("GRANT "), let end = line.firstRange(of: " ON *.* TO ") else { continue }
            for right in line[..<end.lowerBound].dropFirst(6).split(separator: ",") {
                rights.insert(right.trimmingPrefix { $0 == " " }.uppercased())
            }
            if line[end.upperBound...].contains(" WITH GRANT OPTION") { hasGrantOption = true }
        }
    }

    func has(_ right: String) -> Bool {
        rights.contains(right) || rights.contains("ALL PRIVILEGES") || rights.contains("ALL")
    }

    /// The statements that grant what is missing.
    /// - Parameter account: as CURRENT_USER() tells it, `name@host`.
    func missing(for account: String) -> [String] {
        let missing = Self.needed.filter { !has($0) }
        guard !missing.isEmpty || !hasGrantOption else { return [] }
        let list = missing.isEmpty ? "USAGE" : missing.joined(separator: ", ")
        return ["\(Self.statement(list, account).dropLast()) WITH GRANT OPTION;"]
    }

    static func statement(_ rights: String, _ account: String) -> String {
        let parts = account.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        let quoted = "'\(parts.dropLast().joined(separator: "@"))'@'\(parts.last ?? "%")'"
        return "GRANT \(rights) ON *.* TO \(quoted);"
    }
}
