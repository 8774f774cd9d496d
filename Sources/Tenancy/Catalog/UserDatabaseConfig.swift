/// Where a user's database is and how to log in to it: one row of `User_Database_Config`.
public struct UserDatabaseConfig: Sendable {
    public let userID: UserID
    public let engine: EngineKind
    public let host: String?
    public let port: Int?
    public let name: String?
    public let login: String?
    /// The login's password, sealed for this row.
    public let sealedPassword: SealedSecret?
    /// The password that the login is being given, sealed for this row; nil but while it is rotated.
    public let sealedNextPassword: SealedSecret?
    public let tls: TLSOptions
    /// For an embedded engine: the file's path, relative to the data directory.
    public let path: String?
    public let uuid: DatabaseUUID
    /// Raised whenever leases given out before must end.
    public let epoch: Int64
    public let state: DatabaseState
    /// The registered server that the database was made on; nil for a file, and for a database of an operator's own that
    /// was attached.
    public let serverID: Int64?
    public let schemaVersion: Int
    public let createdAt: Timestamp
    /// What was found when the database was opened or looked at.
    public var health = DatabaseHealth.new

    /// The database's name on its server, or its file's name.
    public var displayName: String { name ?? path?.split(separator: "/").last.map(String.init) ?? uuid.text }

    /// As ``DatabaseLocation/serverAddress``.
    var serverAddress: String { DatabaseLocation(engine: engine, host: host, port: port).serverAddress }

    /// Whether somebody else made the database, so that it is never dropped here.
    public var isAttached: Bool { path == nil && serverID == nil }

    /// Where the database is, in one line without a secret.
    var placeForAudit: String {
        guard let host else { return "engine \(engine.rawValue), file \(path ?? "")" }
        let place = "engine \(engine.rawValue), host \(host), port \((port ?? engine.usualPort).map(String.init) ?? "")"
        return place + ", database \(name ?? ""), login \(login ?? "")" + (isAttached ? ", attached" : "")
    }

    /// Where the sealed password belongs, as ``KeyRing`` binds it.
    var passwordPlace: PasswordPlace { .config(of: userID, engine, host: host, port: port, login: login, tls: tls) }
}
