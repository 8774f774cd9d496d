/// Where a login's sealed password belongs and where it may be sent: its row, and that row's engine, host, port,
/// login and TLS. All of it is associated data of the seal, so the password opens neither in another row nor after
/// one of these was changed by other means.
struct PasswordPlace: Sendable {
    /// Table, column and row.
    let row: String
    let engine: EngineKind
    let host: String?
    let port: Int?
    let login: String?
    let tls: TLSOptions

    static func server(
        _ name: String, _ engine: EngineKind, host: String, port: Int?, login: String, tls: TLSOptions
    ) -> PasswordPlace {
        PasswordPlace(
            row: "Database_Server/Password/\(name)", engine: engine, host: host, port: port, login: login, tls: tls)
    }

    static func config(
        of userID: UserID, _ engine: EngineKind, host: String?, port: Int?, login: String?, tls: TLSOptions
    ) -> PasswordPlace {
        PasswordPlace(
            row: "User_Database_Config/DB_Password/\(userID)", engine: engine, host: host, port: port, login: login,
            tls: tls)
    }

    /// For a database in stock, whose login has its name.
    static func warm(
        _ name: String, _ engine: EngineKind, host: String, port: Int?, tls: TLSOptions
    ) -> PasswordPlace {
        PasswordPlace(
            row: "Warm_Database/DB_Password/\(name)", engine: engine, host: host, port: port, login: name, tls: tls)
    }

    /// Each part is length-prefixed, so that no part of it can be moved to the next.
    var text: String {
        let parts = [engine.rawValue, host, port.map(String.init), login, tls.description]
        return row + "/to/"
            + parts.map { part in part.map { "\($0.utf8.count):\($0)" } ?? "-:" }.joined(separator: "/")
    }
}

extension KeyRing {
    func seal(_ password: Secret<String>, in place: PasswordPlace) throws -> SealedSecret {
        try seal(password, in: place.text)
    }

    /// - Throws: as ``open(_:in:)-(_,String)`` does.
    func open(_ sealed: SealedSecret, in place: PasswordPlace) throws -> Secret<String> {
        do {
            return try open(sealed, in: place.text)
        } catch let error as TenancyError where error.code == .unsealFailed {
            let address = DatabaseLocation(engine: place.engine, host: place.host, port: place.port).serverAddress
            throw TenancyError(
                .unsealFailed,
                "The password of the login \(place.login ?? "") does not open for \(address), TLS \(place.tls): it was sealed "
                    + "for another place. Host, port, login or TLS in \(place.row.split(separator: "/")[0]) was changed by "
                    + "other means than Unify: put back what was there.", cause: error, engine: place.engine)
        }
    }
}
