internal import Crypto

/// What a server's lock is called by which processes that make one database exclude each other.
///
/// Names of locks are the whole server's, and any login may hold any name that it knows. This one is known to none but
/// those who know the password with which databases are made.
package enum MakerLock {
    /// At most 38 characters, so that every server takes it.
    /// - Parameter database: its name, in whatever case.
    package static func name(of database: String, at location: DatabaseLocation) -> String {
        let password = location.login(for: .maintenance)?.password.unsafeReveal() ?? ""
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("unify/maker-lock/\(database.lowercased())".utf8),
            using: SymmetricKey(data: Array(password.utf8)))
        return "unify:\(Hex.encode(Array(code.prefix(16))))"
    }
}
