internal import Tenancy

/// Validated connection arguments: Connector/C would parse commas and URLs in a host.
struct MySQLWords {
    let host: String
    let port: UInt32
    let login: String
    let password: String

    /// - Throws: ``TenancyError`` `invalidConfiguration`.
    init(_ location: DatabaseLocation, database: String?, login: Login) throws {
        host = location.host ?? "localhost"
        guard let port = UInt32(exactly: location.port ?? MySQLEngine.defaultPort), (1...65535).contains(port) else {
            throw Self.wrong("The port must be a number from 1 to 65535.")
        }
        self.port = port
        self.login = login.name
        password = login.password.unsafeReveal()
        // Hosts with a comma are a list, hosts with `://` a connection string.
        guard !host.isEmpty, !host.utf8.contains(where: { [UInt8(ascii: ","), UInt8(ascii: "/")].contains($0) }) else {
            throw Self.wrong("The host must be one name or address.")
        }
        // Connector/C would replace an empty name by that of the process's own user.
        guard !self.login.isEmpty else { throw Self.wrong("The login has no name.") }
        guard ![host, self.login, password, database ?? ""].contains(where: { $0.utf8.contains(0) }) else {
            throw Self.wrong("A NUL character is in the location.")
        }
    }

    private static func wrong(_ message: String) -> TenancyError {
        TenancyError(.invalidConfiguration, message, engine: .mysql)
    }
}
