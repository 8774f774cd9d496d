internal import CODBC
internal import Tenancy

/// The ODBC drivers for SQL Server, as far as their keywords differ.
enum SQLServerDriver {
    /// FreeTDS's libtdsodbc: its keywords are in "ODBC Connection Attributes" of the FreeTDS user guide.
    case freeTDS
    /// Microsoft's msodbcsql: "DSN and Connection String Keywords and Attributes" on learn.microsoft.com.
    case microsoft

    /// - Parameter name: as in odbcinst.ini, such as `ODBC Driver 18 for SQL Server`, or the path of a library.
    init(named name: String) {
        let name = name.lowercased()
        self = name.contains("msodbcsql") || name.hasPrefix("odbc driver") ? .microsoft : .freeTDS
    }

    /// The argument of `SQLDriverConnect`.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if the driver does not support it.
    static func connectionString(
        _ location: DatabaseLocation, database: String, login: Login, driver name: String
    ) throws -> String {
        let driver = SQLServerDriver(named: name)
        let password = login.password.unsafeReveal()
        let host = location.host ?? "localhost"
        for (word, what) in [(host, "host"), (login.name, "login"), (password, "password"), (name, "driver's name")] {
            // A bracket ends a quoted value, and drivers do not agree on how to double one.
            guard !word.isEmpty, !word.utf8.contains(0), !word.contains("}") else {
                throw SQLServerEngine.wrong(
                    "The \(what) is empty, or has a NUL or a } in it, which ODBC cannot be told.")
            }
        }
        guard !host.contains(where: { ";,={".contains($0) }) else {
            throw SQLServerEngine.wrong("The host must be one name or address, or HOST\\INSTANCE.")
        }
        let words =
            [("DRIVER", "{\(name)}")] + driver.server(host, port: location.port)
            + [
                ("UID", "{\(login.name)}"), ("PWD", "{\(password)}"), ("DATABASE", Self.value(database)),
                ("APP", "unify"),
            ]
            + (try driver.encryption(location.tls))
        return words.map { "\($0)=\($1);" }.joined()
    }

    /// Quoted if it contains a character that would end it; `}` was refused before.
    private static func value(_ name: String) -> String { Identifier(name) == nil ? "{\(name)}" : name }

    /// The server's browser service finds a named instance, unless there is a port.
    private func server(_ host: String, port: Int?) -> [(String, String)] {
        let parts = host.split(separator: "\\", maxSplits: 1)
        let isInstance = parts.count == 2 && port == nil
        let name = isInstance ? host : String(parts.first ?? "")
        let port = port ?? SQLServerEngine.defaultPort
        switch self {
        case .freeTDS:
            let words = [("SERVER", name), ("TDS_Version", "7.4"), ("ClientCharset", "UTF-8")]
            return isInstance ? words : words + [("PORT", "\(port)")]
        case .microsoft:
            return [("SERVER", isInstance ? "tcp:\(name)" : "tcp:\(name),\(port)"), ("MARS_Connection", "no")]
        }
    }

    /// The type and size of NVARCHAR(MAX). FreeTDS cuts values longer than the longest NVARCHAR; Microsoft's driver
    /// takes the other type for the old NTEXT.
    var longText: (type: Int32, size: Int) {
        switch self {
        case .freeTDS: (SQL_WLONGVARCHAR, 1 << 30)
        case .microsoft: (SQL_WVARCHAR, 0)
        }
    }

    /// The type and size of VARBINARY(MAX).
    var longBlob: (type: Int32, size: Int) {
        switch self {
        case .freeTDS: (SQL_LONGVARBINARY, 1 << 30)
        case .microsoft: (SQL_VARBINARY, 0)
        }
    }

    /// Whether a connection that came about with this mode is encrypted beyond the login.
    func encryptsEverything(_ tls: TLSOptions) -> Bool {
        switch tls.mode {
        case .disable: false
        case .prefer: self == .microsoft
        case .require, .verifyCA, .verifyFull: true
        }
    }

    private func encryption(_ tls: TLSOptions) throws -> [(String, String)] {
        switch (self, tls.mode) {
        case (.freeTDS, .disable): return [("Encryption", "off")]
        case (.freeTDS, .prefer): return [("Encryption", "request")]
        case (.freeTDS, .require): return [("Encryption", "require")]
        case (.freeTDS, .verifyCA), (.freeTDS, .verifyFull):
            throw SQLServerEngine.wrong(
                "FreeTDS's ODBC driver takes no certificates to check the server by. Use Microsoft's: install "
                    + "msodbcsql18 and set UNIFY_SQLSERVER_DRIVER=\"ODBC Driver 18 for SQL Server\".")
        // Every SQL Server since 2005 can encrypt, with a self-signed certificate.
        case (.microsoft, .disable): return [("Encrypt", "no")]
        case (.microsoft, .prefer), (.microsoft, .require):
            return [("Encrypt", "yes"), ("TrustServerCertificate", "yes")]
        case (.microsoft, .verifyCA), (.microsoft, .verifyFull):
            guard tls.certificates == nil else {
                throw SQLServerEngine.wrong(
                    "Microsoft's driver trusts the system's certificates alone: add yours to them "
                        + "(update-ca-certificates) and leave the file out.")
            }
            return [("Encrypt", "yes"), ("TrustServerCertificate", "no")]
        }
    }
}
