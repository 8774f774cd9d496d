internal import Tenancy

/// A user database's own login, as the server names it: `'name'@'%'`.
struct MySQLAccount: Sendable {
    /// MySQL's bound; MariaDB allows more.
    private static let maxLength = 32

    let sql: String
    /// As CURRENT_USER() tells it.
    let name: String
    private let password: Secret<String>

    /// - Throws: ``TenancyError`` `invalidConfiguration` where the location has no login that can be made.
    init(of location: DatabaseLocation) throws {
        guard let login = location.login, let name = Identifier(login.name), name.text.utf8.count <= Self.maxLength
        else {
            throw MySQLEngine.wrong(
                "A MySQL login is named by letters, digits and _, at most \(Self.maxLength) of them.")
        }
        guard name.text != location.provisioningLogin?.name else {
            throw MySQLEngine.wrong("A database's own login must not be the one that makes databases.")
        }
        sql = "'\(name.text)'@'%'"
        self.name = "\(name.text)@%"
        password = login.password
    }

    /// `IDENTIFIED BY '…'`, with the server's own default plugin: mysql_native_password on MariaDB,
    /// caching_sha2_password on MySQL.
    func identification() throws -> String { "IDENTIFIED BY \(try MySQLText.literal(password.unsafeReveal()))" }
}
