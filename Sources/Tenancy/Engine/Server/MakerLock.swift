internal import Crypto

/// Names of the server locks by which processes that make the same database exclude each other.
///
/// Lock names are global to a server, and any login can take a lock whose name it knows. These names can only be
/// computed with the provisioning password.
package enum MakerLock {
    /// At most 38 characters, which every server accepts.
    /// - Parameter database: its name, in any case.
    package static func name(of database: String, at location: DatabaseLocation) -> String {
        let password = location.login(for: .maintenance)?.password.unsafeReveal() ?? ""
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("unify/maker-lock/\(database.lowercased())".utf8),
            using: SymmetricKey(data: Array(password.utf8)))
        return "unify:\(Hex.encode(Array(code.prefix(16))))"
    }
}
