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
        for column in SealedColumn.all {
            try await forEachBatch(of: column) { batch in
                for stored in batch { counts[stored.sealed.keyID, default: 0] += 1 }
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
        for column in SealedColumn.all {
            try await forEachBatch(of: column) { batch in
                total += try await sealAnew(batch, of: column)
                await onProgress(total)
            }
        }
        try await faults.reached(FaultPoints.after(KeyRotationStep.seal))
        return total
    }

    private func sealAnew(_ batch: [SealedColumn.Stored], of column: SealedColumn) async throws -> Int {
        let current = ring.current.id
        let changes = try batch.filter { $0.sealed.keyID != current }.map { stored in
            (stored, try ring.seal(try ring.open(stored.sealed, in: stored.place), in: stored.place))
        }
        guard !changes.isEmpty else { return 0 }
        return try await main.transaction { database in
            var done = 0
            for (stored, new) in changes where try await column.replace(stored, with: new, in: database) { done += 1 }
            return done
        }
    }

    private func forEachBatch(
        of column: SealedColumn, _ body: ([SealedColumn.Stored]) async throws -> Void
    ) async throws {
        var last: Int64 = 0
        while true {
            let after = last
            let batch = try await main.withDatabase(.read) { database in
                try await column.stored(after: after, limit: Self.batchSize, in: database)
            }
            guard let newest = batch.last else { return }
            last = newest.id
            try await body(batch)
        }
    }
}
