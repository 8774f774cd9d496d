/// Takes the databases of a server along to its new address: their configs repeat it, and their passwords are sealed for it.
struct ServerReaddressing {
    private static let batchSize: Int64 = 200

    let server: DatabaseServer
    let request: ServerRequest
    let keyRing: KeyRing
    /// The main database, in the transaction that changes the server.
    let database: DatabaseHandle
    let date: Timestamp

    /// - Throws: ``TenancyError`` `unsealFailed` where a password does not open: it would never open again.
    func run() async throws {
        var last: Int64 = 0
        while case let batch = try await configs(after: last), let newest = batch.last {
            last = newest.userID.rawValue
            for config in batch { try await move(config) }
        }
        for warm in try await WarmDatabaseRepository(database).list() where warm.serverID == server.id {
            try await move(warm)
        }
    }

    private func configs(after: Int64) async throws -> [UserDatabaseConfig] {
        let sql = """
            SELECT \(ConfigRepository.columns) FROM User_Database_Config WHERE Server_ID = ? AND User_ID > ? \
            ORDER BY User_ID \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(server.id), .integer(after), .integer(Self.batchSize)])
            .map(ConfigRepository.config)
    }

    private func move(_ found: UserDatabaseConfig) async throws {
        try await UserRepository(database).lock(found.userID)
        // A rotation of its password may have ended while the row was waited for.
        guard let config = try await ConfigRepository(database).find(found.userID), config.serverID == server.id,
            (config.host, config.port, config.tls) != (request.host, request.port, request.tls)
        else { return }
        let place = PasswordPlace.config(
            of: config.userID, config.engine, host: request.host, port: request.port, login: config.login,
            tls: request.tls)
        func moved(_ sealed: SealedSecret?) throws -> SealedSecret? {
            try sealed.map { try keyRing.seal(try keyRing.open($0, in: config.passwordPlace), in: place) }
        }
        let (password, next) = (try moved(config.sealedPassword), try moved(config.sealedNextPassword))
        let sql = """
            UPDATE User_Database_Config SET DB_Host = ?, DB_Port = ?, DB_TLS = ?, DB_Password = ?, DB_Next_Password = ?, \
            Key_ID = ?, Epoch = Epoch + 1, Updated_Date = ? WHERE User_ID = ?
            """
        try await database.execute(
            sql,
            [
                .text(request.host), .optionalInteger(request.port.map(Int64.init)), .text(request.tls.description),
                .optionalText(password?.text), .optionalText(next?.text), .optionalText(password?.keyID),
                .timestamp(date), .integer(config.userID.rawValue),
            ])
        try await ChangeLog(database).append(config.userID, date: date)
    }

    private func move(_ warm: WarmDatabaseRepository.WarmDatabase) async throws {
        let old = WarmDatabaseRepository.WarmDatabase.passwordPlace(of: warm.name, on: server)
        let new = PasswordPlace.warm(
            warm.name, server.engine, host: request.host, port: request.port, tls: request.tls)
        let sealed = try keyRing.seal(try keyRing.open(warm.sealedPassword, in: old), in: new)
        try await database.execute(
            "UPDATE Warm_Database SET DB_Password = ? WHERE Warm_ID = ?", [.text(sealed.text), .integer(warm.id)])
    }
}
