/// Seals every secret of the main database anew under the current root key, while servers run.
///
/// Each secret is replaced only where it is still the one that was read, so that a password which changes meanwhile is not
/// lost; what a run that was stopped left over, the next one finds.
public struct KeyRotation: Sendable {
    /// How many secrets are sealed under a key.
    public struct Usage: Sendable {
        public let keyID: String
        public let secrets: Int
        public let isCurrent: Bool
        /// Whether this process has the key.
        public let isAvailable: Bool
    }

    /// A column of sealed secrets, the key of its table, and where each secret belongs.
    private struct Column: Sendable {
        let table: Identifier
        let column: Identifier
        let key: Identifier
        /// The column that the place is made from.
        let label: Identifier
        let place: @Sendable (Row) throws -> String
        /// The column that repeats the id of the secret's key, where the table has one.
        var keyID: Identifier?
    }

    private static let columns = [
        Column(
            table: "User_Database_Config", column: "DB_Password", key: "Config_ID", label: "User_ID",
            place: configPlace, keyID: "Key_ID"),
        Column(
            table: "User_Database_Config", column: "DB_Next_Password", key: "Config_ID", label: "User_ID",
            place: configPlace),
        Column(
            table: "Database_Server", column: "Password", key: "Server_ID", label: "Name",
            place: { DatabaseServer.passwordPlace(of: try $0.text("Label")) }),
        Column(
            table: "Warm_Database", column: "DB_Password", key: "Warm_ID", label: "DB_Name",
            place: { WarmDatabaseRepository.WarmDatabase.passwordPlace(of: try $0.text("Label")) }),
        Column(
            table: "Sealed_Secret", column: "Sealed", key: "Secret_ID", label: "Name",
            place: { SealedSecretRepository.place(of: try $0.text("Label")) }),
    ]

    private static let configPlace: @Sendable (Row) throws -> String = { row in
        guard let userID = UserID(try row.integer("Label")) else {
            throw TenancyError(.unexpectedValue, "A row of User_Database_Config has no user.")
        }
        return UserDatabaseConfig.passwordPlace(of: userID)
    }

    private static let batchSize: Int64 = 200
    private let main: MainDatabase
    private let ring: KeyRing
    private let faults: FaultPoints

    public init(main: MainDatabase, ring: KeyRing, faults: FaultPoints = .none) {
        self.main = main
        self.ring = ring
        self.faults = faults
    }

    /// Every key that the main database knows or a secret is sealed under, the current one first.
    public func status() async throws -> [Usage] {
        var counts: [String: Int] = [:]
        let known = try await main.withDatabase(.read) { database in
            try await database.fetchAll("SELECT Key_ID, Is_Current FROM Master_Key ORDER BY Created_Date DESC").map {
                (id: try $0.text("Key_ID"), isCurrent: try $0.boolean("Is_Current"))
            }
        }
        for key in known { counts[key.id] = 0 }
        for column in Self.columns {
            try await forEachBatch(of: column) { rows in
                for row in rows {
                    guard let sealed = SealedSecret(text: try row.text("Sealed")) else { throw unreadable(column) }
                    counts[sealed.keyID, default: 0] += 1
                }
            }
        }
        let current = known.first(where: \.isCurrent)?.id
        return counts.keys.sorted { ($0 == current ? 0 : 1, $0) < ($1 == current ? 0 : 1, $1) }.map { id in
            Usage(
                keyID: id, secrets: counts[id] ?? 0, isCurrent: id == current,
                isAvailable: ring.keyIDs.contains(id))
        }
    }

    /// Makes the ring's current key the main database's, and seals every secret that is sealed under another one anew.
    /// - Parameter onProgress: called with the number of secrets sealed so far.
    /// - Returns: how many secrets were sealed anew.
    public func run(onProgress: @Sendable (Int) async -> Void = { _ in }) async throws -> Int {
        let date = main.time.wallNow
        try await main.transaction { database in
            try await KeyCheck.adopt(ring, in: database, date: date)
            try await ChangeLog(database).appendKeyChange(date: date)
        }
        try await faults.reached(FaultPoints.after(KeyRotationStep.adopt))
        var total = 0
        for column in Self.columns {
            try await forEachBatch(of: column) { rows in
                total += try await sealAnew(rows, of: column)
                await onProgress(total)
            }
        }
        try await faults.reached(FaultPoints.after(KeyRotationStep.seal))
        return total
    }

    private func sealAnew(_ rows: ResultSet, of column: Column) async throws -> Int {
        let current = ring.current.id
        var changes: [(id: Int64, old: String, new: SealedSecret)] = []
        for row in rows {
            let old = try row.text("Sealed")
            guard let sealed = SealedSecret(text: old) else { throw unreadable(column) }
            guard sealed.keyID != current else { continue }
            let place = try column.place(row)
            changes.append(
                (try row.integer("Row_Key"), old, try ring.seal(try ring.open(sealed, in: place), in: place)))
        }
        guard !changes.isEmpty else { return 0 }
        let batch = changes
        return try await main.transaction { database in
            var done = 0
            for change in batch {
                let keyID = column.keyID.map { ", \($0) = ?" } ?? ""
                let sql =
                    "UPDATE \(column.table) SET \(column.column) = ?\(keyID) WHERE \(column.key) = ? AND \(column.column) = ?"
                let parameters: [SQLValue] =
                    [.text(change.new.text)] + (column.keyID == nil ? [] : [.text(change.new.keyID)])
                    + [.integer(change.id), .text(change.old)]
                done += try await database.execute(sql, parameters).changes
            }
            return done
        }
    }

    private func forEachBatch(of column: Column, _ body: (ResultSet) async throws -> Void) async throws {
        var last: Int64 = 0
        while true {
            let after = last
            let rows = try await main.withDatabase(.read) { database in
                let sql = """
                    SELECT \(column.key) AS Row_Key, \(column.column) AS Sealed, \(column.label) AS Label \
                    FROM \(column.table) WHERE \(column.key) > ? AND \(column.column) IS NOT NULL \
                    ORDER BY \(column.key) \(database.dialect.limitClause)
                    """
                return try await database.fetchAll(sql, [.integer(after), .integer(Self.batchSize)])
            }
            guard let newest = rows.last else { return }
            last = try newest.integer("Row_Key")
            try await body(rows)
        }
    }

    private func unreadable(_ column: Column) -> TenancyError {
        TenancyError(.unsealFailed, "A secret in \(column.table).\(column.column) is not in its sealed form.")
    }
}
