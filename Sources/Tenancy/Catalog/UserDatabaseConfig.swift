/// A row of `User_Database_Config`: where a user's database is and how to log in to it.
public struct UserDatabaseConfig: Sendable {
    public let userID: UserID
    public let engine: EngineKind
    public let host: String?
    public let port: Int?
    public let name: String?
    public let login: String?
    /// The login's password, sealed for this row.
    public let sealedPassword: SealedSecret?
    /// The login's next password, sealed for this row; nil unless a rotation is in progress.
    public let sealedNextPassword: SealedSecret?
    public let tls: TLSOptions
    /// For an embedded engine: the file's path, relative to the data directory.
    public let path: String?
    public let uuid: DatabaseID
    /// Raised whenever existing leases must end.
    public let epoch: Int64
    public let state: DatabaseState
    /// The registered server that the database was made on; nil for a file and for an attached database.
    public let serverID: Int64?
    public let schemaVersion: Int
    public let createdAt: Timestamp
    /// The health as of the last time the database was opened or checked.
    public var health = DatabaseHealth.new

    /// The database's name on its server, or its file's name.
    public var displayName: String { name ?? path?.split(separator: "/").last.map(String.init) ?? uuid.text }

    /// See ``DatabaseLocation/serverAddress``.
    var serverAddress: String { DatabaseLocation(engine: engine, host: host, port: port).serverAddress }

    /// The address of the server that holds it; nil for a file.
    var server: String? { path == nil ? serverAddress : nil }

    /// Whether the operator made the database; attached databases are never dropped.
    public var isAttached: Bool { path == nil && serverID == nil }

    /// Where the database is, in one line without secrets.
    var placeForAudit: String {
        guard let host else { return "engine \(engine.rawValue), file \(path ?? "")" }
        let place = "engine \(engine.rawValue), host \(host), port \((port ?? engine.usualPort).map(String.init) ?? "")"
        return place + ", database \(name ?? ""), login \(login ?? "")" + (isAttached ? ", attached" : "")
    }

    /// What the sealed password is bound to, see ``KeyRing``.
    var passwordPlace: PasswordPlace { .config(of: userID, engine, host: host, port: port, login: login, tls: tls) }
}
