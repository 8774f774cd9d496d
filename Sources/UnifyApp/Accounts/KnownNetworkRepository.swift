internal import Crypto
internal import Tenancy

/// The rows of `Known_Network`: from which networks a user has signed in lately. Of a network only a hash is kept.
struct KnownNetworkRepository: Sendable {
    static let table = TableDefinition(
        "Known_Network",
        columns: [
            ColumnDefinition("Network_ID", .identity),
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Network_Hash", .text(maxLength: 64)).required,
            ColumnDefinition("Last_Date", .timestamp).required,
        ]
    )
    .indexed("User_ID", "Network_Hash")
    .indexed("Last_Date")

    /// How long a network is known after the last signing in from it.
    static let lifetime: Duration = .seconds(90 * 24 * 3600)
    /// The most networks of one user; the oldest are forgotten when there are more.
    static let maxPerUser = 20
    /// How old a stored date may be before it is updated.
    private static let freshness: Duration = .seconds(24 * 3600)

    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    /// Whether the user has signed in from a network lately.
    func contains(_ network: String, of userID: UserID, date: Timestamp) async throws -> Bool {
        try await lastDate(of: network, userID).map { $0.adding(Self.lifetime) > date } ?? false
    }

    /// Remembers that the user has signed in from a network, to be called in a transaction.
    func note(_ network: String, of userID: UserID, date: Timestamp) async throws {
        let last = try await lastDate(of: network, userID)
        if let last, last.adding(Self.freshness) > date { return }
        let hash = Self.hash(network, userID)
        if last == nil {
            _ = try await database.insert(
                into: Self.table.name,
                ["User_ID": .integer(userID.rawValue), "Network_Hash": .text(hash), "Last_Date": .timestamp(date)],
                identity: "Network_ID")
            try await deleteSurplus(of: userID)
        } else {
            try await database.execute(
                "UPDATE Known_Network SET Last_Date = ? WHERE User_ID = ? AND Network_Hash = ?",
                [.timestamp(date), .integer(userID.rawValue), .text(hash)])
        }
    }

    /// Forgets a user's networks: after a password change, only those who know the new one are known.
    func deleteAll(of userID: UserID) async throws {
        try await database.execute("DELETE FROM Known_Network WHERE User_ID = ?", [.integer(userID.rawValue)])
    }

    func deleteExpired(date: Timestamp) async throws {
        try await database.execute(
            "DELETE FROM Known_Network WHERE Last_Date <= ?", [.timestamp(date.adding(.zero - Self.lifetime))])
    }

    private func lastDate(of network: String, _ userID: UserID) async throws -> Timestamp? {
        try await database.fetchOne(
            "SELECT Last_Date FROM Known_Network WHERE User_ID = ? AND Network_Hash = ?",
            [.integer(userID.rawValue), .text(Self.hash(network, userID))]
        )?.timestamp("Last_Date")
    }

    private func deleteSurplus(of userID: UserID) async throws {
        let rows = try await database.fetchAll(
            "SELECT Network_ID FROM Known_Network WHERE User_ID = ? ORDER BY Last_Date DESC, Network_ID DESC",
            [.integer(userID.rawValue)])
        for row in rows.dropFirst(Self.maxPerUser) {
            try await database.execute(
                "DELETE FROM Known_Network WHERE Network_ID = ?", [.integer(try row.integer("Network_ID"))])
        }
    }

    /// Includes the user, so that the hash does not reveal who shares a network.
    private static func hash(_ network: String, _ userID: UserID) -> String {
        Hex.encode(SHA256.hash(data: Array("\(userID) \(network)".utf8)))
    }
}
