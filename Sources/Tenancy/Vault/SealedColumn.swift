/// A column of sealed secrets, mostly passwords of logins.
struct SealedColumn: Sendable {
    let table: Identifier
    let column: Identifier
    /// The key of the table.
    let key: Identifier
    /// The column that repeats the id of the secret's key, if the table has one.
    let keyID: Identifier?
    /// The source of the rows, as `T`, and the columns of the place.
    private let source: String
    private let place: String
    private let makePlace: @Sendable (Row) throws -> Place

    /// What a secret is bound to, see ``KeyRing``.
    private struct Place {
        let text: String
        /// What it was bound to before passwords were bound to more than their row.
        let old: String

        init(_ place: PasswordPlace) { (text, old) = (place.text, place.row) }
        init(_ text: String) { (self.text, old) = (text, text) }
    }

    static let all = [
        SealedColumn(
            table: "User_Database_Config", column: "DB_Password", key: "Config_ID", keyID: "Key_ID",
            source: "User_Database_Config T", place: configColumns, makePlace: configPlace),
        SealedColumn(
            table: "User_Database_Config", column: "DB_Next_Password", key: "Config_ID", keyID: nil,
            source: "User_Database_Config T", place: configColumns, makePlace: configPlace),
        SealedColumn(
            table: "Database_Server", column: "Password", key: "Server_ID", keyID: nil, source: "Database_Server T",
            place: "T.Name, T.DB_Type, T.Host, T.Port, T.Login, T.TLS",
            makePlace: { row in
                Place(
                    try .server(
                        row.text("Name"), engine(row), host: row.text("Host"), port: port(row, "Port"),
                        login: row.text("Login"), tls: tls(row, "TLS")))
            }),
        SealedColumn(
            table: "Warm_Database", column: "DB_Password", key: "Warm_ID", keyID: nil,
            source: "Warm_Database T INNER JOIN Database_Server S ON S.Server_ID = T.Server_ID",
            place: "T.DB_Name, S.DB_Type, S.Host, S.Port, S.TLS",
            makePlace: { row in
                Place(
                    try .warm(
                        row.text("DB_Name"), engine(row), host: row.text("Host"), port: port(row, "Port"),
                        tls: tls(row, "TLS")))
            }),
        SealedColumn(
            table: "Sealed_Secret", column: "Sealed", key: "Secret_ID", keyID: nil, source: "Sealed_Secret T",
            place: "T.Name", makePlace: { Place(SealedSecretRepository.place(of: try $0.text("Name"))) }),
    ]

    private static let configColumns = "T.User_ID, T.DB_Type, T.DB_Host, T.DB_Port, T.DB_User, T.DB_TLS"

    private static let configPlace: @Sendable (Row) throws -> Place = { row in
        guard let userID = UserID(try row.integer("User_ID")) else {
            throw TenancyError(.unexpectedValue, "A row of User_Database_Config has no user.")
        }
        return Place(
            try .config(
                of: userID, engine(row), host: row.optionalText("DB_Host"), port: port(row, "DB_Port"),
                login: row.optionalText("DB_User"), tls: tls(row, "DB_TLS")))
    }

    private static func engine(_ row: Row) throws -> EngineKind {
        guard let engine = EngineKind(rawValue: try row.text("DB_Type")) else {
            throw TenancyError(.unexpectedValue, "A row with a password names no engine.")
        }
        return engine
    }

    private static func port(_ row: Row, _ column: String) throws -> Int? {
        try row.optionalInteger(column).map { Int($0) }
    }

    private static func tls(_ row: Row, _ column: String) throws -> TLSOptions {
        guard let tls = TLSOptions(try row.text(column)) else {
            throw TenancyError(.unexpectedValue, "A row with a password says nothing readable of TLS.")
        }
        return tls
    }

    /// One secret as it is stored.
    struct Stored: Sendable {
        let id: Int64
        let text: String
        let sealed: SealedSecret
        let place: String
        fileprivate let oldPlace: String
    }

    /// A row with a secret: the secret, or why it cannot be read.
    struct Entry: Sendable {
        let id: Int64
        let secret: Result<Stored, UnopenedSecret>
    }

    /// Rows with a secret and a key greater than `after`, ordered by key. An unreadable row does not hide the others.
    func entries(after: Int64, limit: Int64, in database: DatabaseHandle) async throws -> [Entry] {
        let sql = """
            SELECT T.\(key) AS Row_Key, T.\(column) AS Sealed, \(place) FROM \(source) \
            WHERE T.\(key) > ? AND T.\(column) IS NOT NULL ORDER BY T.\(key) \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(after), .integer(limit)]).map { row in
            let id = try row.integer("Row_Key")
            return Entry(id: id, secret: try secret(in: row, id: id))
        }
    }

    private func secret(in row: Row, id: Int64) throws -> Result<Stored, UnopenedSecret> {
        let text = try row.text("Sealed")
        guard let sealed = SealedSecret(text: text) else {
            return .failure(unopened(id, keyID: nil, "It is not in its sealed form."))
        }
        do {
            let place = try makePlace(row)
            return .success(Stored(id: id, text: text, sealed: sealed, place: place.text, oldPlace: place.old))
        } catch let error as TenancyError {
            return .failure(unopened(id, keyID: sealed.keyID, error.message))
        }
    }

    private func unopened(_ id: Int64, keyID: String?, _ reason: String) -> UnopenedSecret {
        UnopenedSecret(table: table.text, column: column.text, row: id, keyID: keyID, reason: reason)
    }

    /// Opens one secret, or tells why it does not open.
    func open(_ stored: Stored, with ring: KeyRing) -> Result<Secret<String>, UnopenedSecret> {
        Result { try ring.open(stored.sealed, in: stored.place) }
            .mapError { error in
                unopened(stored.id, keyID: stored.sealed.keyID, (error as? TenancyError)?.message ?? "\(error)")
            }
    }

    /// Replaces a sealed secret if it is unchanged.
    func replace(_ stored: Stored, with new: SealedSecret, in database: DatabaseHandle) async throws -> Bool {
        let sql =
            "UPDATE \(table) SET \(column) = ?\(keyID.map { ", \($0) = ?" } ?? "") WHERE \(key) = ? AND \(column) = ?"
        let parameters: [SQLValue] =
            [.text(new.text)] + (keyID == nil ? [] : [.text(new.keyID)]) + [.integer(stored.id), .text(stored.text)]
        return try await database.execute(sql, parameters).changes > 0
    }

    /// Reseals every password so that it opens only for its place; older installations bound it to its row only. Runs
    /// in the transaction that records that this was done, and must run only once: it trusts the rows' present
    /// values.
    /// - Returns: secrets that did not open before either, and are left unchanged.
    /// - Throws: ``TenancyError`` `keyMissing` if the ring lacks a key: a secret skipped now would never open again,
    ///   even with that key.
    static func bindAll(with ring: KeyRing, in database: DatabaseHandle) async throws -> [UnopenedSecret] {
        var unopened: [UnopenedSecret] = []
        for column in all {
            var last: Int64 = 0
            while case let batch = try await column.entries(after: last, limit: 200, in: database),
                let newest = batch.last
            {
                last = newest.id
                for entry in batch {
                    guard let fault = try await column.bind(entry, with: ring, in: database) else { continue }
                    unopened.append(fault)
                }
            }
        }
        return unopened
    }

    private func bind(
        _ entry: Entry, with ring: KeyRing, in database: DatabaseHandle
    ) async throws -> UnopenedSecret? {
        let stored: Stored
        switch entry.secret {
        case .success(let found): stored = found
        case .failure(let fault): return fault
        }
        guard stored.oldPlace != stored.place else { return nil }
        let password: Secret<String>
        do {
            password = try ring.open(stored.sealed, in: stored.oldPlace)
        } catch let error as TenancyError where error.code == .unsealFailed {
            return unopened(stored.id, keyID: stored.sealed.keyID, error.message)
        }
        _ = try await replace(stored, with: try ring.seal(password, in: stored.place), in: database)
        return nil
    }
}
