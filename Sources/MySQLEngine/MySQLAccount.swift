internal import Tenancy

/// A user database's own login in the server's form: `'name'@'%'`.
struct MySQLAccount: Sendable {
    /// MySQL's bound; MariaDB allows more.
    private static let maxLength = 32

    let sql: String
    /// As CURRENT_USER() returns it.
    let name: String
    private let password: Secret<String>

    /// - Throws: ``TenancyError`` `invalidConfiguration` if the location has no valid login.
    init(of location: DatabaseLocation) throws {
        guard let login = location.login else { throw MySQLEngine.wrong("The location has no login.") }
        if let fault = MySQLText.fault(inName: login.name) {
            throw MySQLEngine.wrong("The name of the MySQL login \(fault)")
        }
        guard login.name.unicodeScalars.count <= Self.maxLength else {
            throw MySQLEngine.wrong("The name of a MySQL login has at most \(Self.maxLength) characters.")
        }
        guard login.name != location.provisioningLogin?.name else {
            throw MySQLEngine.wrong("A database's own login must not be the one that makes databases.")
        }
        sql = "\(try MySQLText.literal(login.name))@'%'"
        name = "\(login.name)@%"
        password = login.password
    }

    /// `IDENTIFIED BY '…'`, with the server's own default plugin: mysql_native_password on MariaDB,
    /// caching_sha2_password on MySQL.
    func identification() throws -> String { "IDENTIFIED BY \(try MySQLText.literal(password.unsafeReveal()))" }
}
