internal import Tenancy

/// A login's privileges on the whole server and on an installation's databases, as SHOW GRANTS lists them.
struct MySQLGrants {
    /// The privileges for making, changing and removing databases. Privileges that are granted to a user's login must
    /// be held WITH GRANT OPTION.
    static let needed = [
        "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "SELECT", "INSERT", "UPDATE", "DELETE",
    ]
    /// Global privileges that do not make the login a second administrator.
    private static let harmless: Set<String> = ["USAGE", "CREATE USER", "PROCESS"]
    /// Privileges that reach other users' rows and files.
    private static let data: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "FILE", "SUPER", "EXECUTE", "TRIGGER", "GRANT OPTION",
    ]

    private let prefix: String
    private var global: Set<String> = []
    private var local: Set<String> = []
    private var grantsGlobally = false
    private var grantsLocally = false
    /// Patterns of others' databases, and whether privileges on them may be granted.
    private var foreign: [String: Bool] = [:]

    /// - Parameters:
    ///   - lines: `GRANT SELECT, … ON `user\_%`.* TO … WITH GRANT OPTION`.
    ///   - prefix: the prefix of the installation's databases.
    init(_ lines: [String], prefix: String) {
        self.prefix = prefix
        for line in lines { read(line) }
    }

    private mutating func read(_ line: String) {
        guard line.hasPrefix("GRANT "), let on = line.firstRange(of: " ON "),
            let to = line[on.upperBound...].firstRange(of: ".* TO ")
        else { return }
        let rights = Set(
            line[..<on.lowerBound].dropFirst(6).split(separator: ",").map { right in
                right.trimmingPrefix { $0 == " " }.uppercased()
            })
        let mayGrant = line[to.upperBound...].contains(" WITH GRANT OPTION")
        let place = line[on.upperBound..<to.lowerBound]
        if place == "*" {
            global.formUnion(rights)
            grantsGlobally = grantsGlobally || mayGrant
        } else if covers(place.filter { $0 != "`" }) {
            local.formUnion(rights)
            grantsLocally = grantsLocally || mayGrant
        } else if rights != ["USAGE"] {
            foreign["\(place)", default: false] = foreign["\(place)"] == true || mayGrant
        }
    }

    /// Whether a pattern covers all names with the prefix.
    private func covers(_ pattern: String) -> Bool {
        guard pattern.last == "%" else { return false }
        let beginning = pattern.dropLast().replacing("\\", with: "")
        return !beginning.contains("%") && prefix.hasPrefix(beginning)
    }

    func hasGlobally(_ right: String) -> Bool { global.contains(right) || Self.isAll(global) }

    private static func isAll(_ rights: Set<String>) -> Bool {
        rights.contains("ALL PRIVILEGES") || rights.contains("ALL")
    }

    private func hasLocally(_ right: String) -> Bool {
        hasGlobally(right) || local.contains(right) || Self.isAll(local)
    }

    /// The statements that grant the missing privileges.
    /// - Parameter account: as CURRENT_USER() returns it, `name@host`.
    func missing(for account: String) -> [String] {
        var statements: [String] = []
        if !hasGlobally("CREATE USER") { statements.append(Self.statement("CREATE USER", account)) }
        let lacking = Self.needed.filter { !hasLocally($0) }
        if !lacking.isEmpty || !(grantsGlobally || grantsLocally) {
            let list = lacking.isEmpty ? "USAGE" : lacking.joined(separator: ", ")
            statements.append("\(Self.statement(list, account, on: pattern)) WITH GRANT OPTION")
        }
        return statements
    }

    /// The statements that remove unneeded privileges, in the order in which an administrator runs them: needed
    /// privileges are granted on the right databases before they are revoked globally.
    func superfluous(for account: String) -> [String] {
        if Self.isAll(global) {
            return [
                "REVOKE ALL PRIVILEGES, GRANT OPTION FROM \(Self.quoted(account)) -- every right on the whole server"
            ]
                + [Self.statement("CREATE USER, PROCESS", account), neededStatement(for: account)]
        }
        var rights = global.subtracting(Self.harmless).sorted()
        if grantsGlobally { rights.append("GRANT OPTION") }
        let elsewhere = foreign.keys.sorted().map { place in
            "REVOKE ALL PRIVILEGES\(foreign[place] == true ? ", GRANT OPTION" : "") ON \(place).* FROM "
                + "\(Self.quoted(account)) -- databases that do not begin with \(prefix): unless another installation needs it"
        }
        guard !rights.isEmpty else { return elsewhere }
        let reach =
            rights.contains { Self.data.contains($0) }
            ? "they reach every database of the server" : "nothing needs them"
        let hasOwn = Self.needed.allSatisfy { local.contains($0) || Self.isAll(local) } && grantsLocally
        return (hasOwn ? [] : [neededStatement(for: account)])
            + ["REVOKE \(rights.joined(separator: ", ")) ON *.* FROM \(Self.quoted(account)) -- \(reach)"] + elsewhere
    }

    private func neededStatement(for account: String) -> String {
        "\(Self.statement(Self.needed.joined(separator: ", "), account, on: pattern)) WITH GRANT OPTION"
    }

    /// The installation's own databases.
    private var pattern: String { "`\(prefix.replacing("_", with: "\\_"))%`.*" }

    static func statement(_ rights: String, _ account: String, on place: String = "*.*") -> String {
        "GRANT \(rights) ON \(place) TO \(quoted(account))"
    }

    private static func quoted(_ account: String) -> String {
        let parts = account.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        let name = parts.dropLast().joined(separator: "@").replacing("'", with: "''")
        return "'\(name)'@'\(parts.last ?? "%")'"
    }
}
