/// Where databases are, and the stamps that they must have.
extension Provisioner {
    /// Everything that the engine needs to connect as the user's login, with the password opened.
    /// - Parameter password: replaces the config's password.
    func location(of config: UserDatabaseConfig, password: SealedSecret? = nil) throws -> DatabaseLocation {
        var location = DatabaseLocation(
            engine: config.engine, host: config.host, port: config.port, name: config.name, tls: config.tls,
            path: config.path.map(files.absolutePath))
        if let name = config.login, let sealed = password ?? config.sealedPassword {
            let secret = try placement.keyRing.open(sealed, in: config.passwordPlace)
            location.login = Login(name: name, password: secret)
        }
        return location
    }

    /// The same with the server's provisioning login, if the database is on a registered server.
    func provisioningLocation(of config: UserDatabaseConfig) async throws -> DatabaseLocation {
        var location = try location(of: config)
        if let serverID = config.serverID {
            let server = try servers.location(of: try await servers.server(serverID))
            location.provisioningLogin = server.provisioningLogin
            location.maxConnections = server.maxConnections
        }
        return location
    }

    /// Opens a connection for a user's own work, after verifying that the database's stamp matches the config.
    /// - Throws: as ``verifyStamp(on:of:dialect:schema:)`` and connecting do; then nothing is open.
    static func connectVerified(
        to location: DatabaseLocation, of config: UserDatabaseConfig, on engine: any DatabaseEngine, schema: Schema
    ) async throws -> any DatabaseConnection {
        let query = DatabaseIdentity.query(in: engine.dialect)
        let (connection, answer) = try await telling(config) {
            try await engine.connect(to: location, as: .user, firstQuery: query)
        }
        do {
            try verify(try DatabaseIdentity.stamp(in: answer), of: config, schema: schema)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    /// - Throws: ``TenancyError`` `wrongDatabase` if the stamp is missing or does not match the config,
    ///   `schemaTooNew`.
    static func verifyStamp(
        on connection: any DatabaseConnection, of config: UserDatabaseConfig, dialect: any Dialect, schema: Schema
    ) async throws {
        let stamp = try await telling(config) { try await DatabaseIdentity.read(from: connection, dialect: dialect) }
        try verify(stamp, of: config, schema: schema)
    }

    /// Reports `wrongDatabase` if even the stamp's table is missing.
    static func telling<Result>(
        _ config: UserDatabaseConfig, _ ask: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await ask()
        } catch let error as TenancyError where error.code == .tableMissing {
            throw TenancyError(
                .wrongDatabase,
                "The database has not even a table for an identity stamp: it is none of Unify's, or its tables are not "
                    + "where Unify looks for them. Run: unify doctor \(config.userID)",
                cause: error, userID: config.userID, engine: config.engine)
        }
    }

    static func verify(_ stamp: DatabaseIdentity?, of config: UserDatabaseConfig, schema: Schema) throws {
        guard let stamp else { throw noStamp(config) }
        guard stamp.userID == config.userID, stamp.uuid == config.uuid else {
            throw TenancyError(
                .wrongDatabase,
                stamp.userID == config.userID
                    ? "Another database of this user lies in its place, with the stamp \(stamp.uuid)."
                    : "The database of user \(stamp.userID) lies in its place, with the stamp \(stamp.uuid).",
                userID: config.userID, engine: config.engine)
        }
        guard stamp.schemaVersion <= schema.version else {
            throw TenancyError(
                .schemaTooNew,
                "The database is at schema version \(stamp.schemaVersion), this program knows \(schema.version).",
                userID: config.userID, engine: config.engine)
        }
    }

    private static func noStamp(_ config: UserDatabaseConfig) -> TenancyError {
        TenancyError(
            .wrongDatabase, "What lies in the database's place has no identity stamp.", userID: config.userID,
            engine: config.engine)
    }
}
