/// Reseals every secret of the main database under the current root key, while servers run.
///
/// A secret is replaced only if it is still the one that was read, so that a concurrent password change is not lost.
/// A later run finishes an interrupted one. A secret that does not open is left unchanged and reported, and does not
/// stop the run; do not drop the key that it may need.
public struct KeyRotation: Sendable {
    /// How many secrets are sealed under a key.
    public struct Usage: Sendable {
        public let keyID: String
        public let secrets: Int
        /// How many of them do not open.
        public let unopened: Int
        public let isCurrent: Bool
        /// Whether this process has the key.
        public let isAvailable: Bool
    }

    /// Which secrets are sealed under which key.
    public struct Status: Sendable {
        /// Every key that the main database knows or a secret is sealed under, the current one first.
        public let keys: [Usage]
        public let unopened: [UnopenedSecret]
    }

    /// The result of a run.
    public struct Outcome: Sendable {
        /// How many secrets were resealed.
        public let sealed: Int
        /// Secrets that do not open under any key; left unchanged.
        public let unopened: [UnopenedSecret]
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

    /// Opens every secret, and counts them by key.
    public func status() async throws -> Status {
        var (counts, faults): ([String: Int], [String: Int]) = ([:], [:])
        let known = try await main.withDatabase(.read) { database in
            try await database.fetchAll("SELECT Key_ID, Is_Current FROM Master_Key ORDER BY Created_Date DESC").map {
                (id: try $0.text("Key_ID"), isCurrent: try $0.boolean("Is_Current"))
            }
        }
        for key in known { counts[key.id] = 0 }
        let unopened = try await forEachSecret { stored, _ in counts[stored.sealed.keyID, default: 0] += 1 }
        for keyID in unopened.compactMap(\.keyID) {
            faults[keyID, default: 0] += 1
            counts[keyID, default: 0] += 1
        }
        let current = known.first(where: \.isCurrent)?.id
        let keys = counts.keys.sorted { ($0 == current ? 0 : 1, $0) < ($1 == current ? 0 : 1, $1) }.map { id in
            Usage(
                keyID: id, secrets: counts[id] ?? 0, unopened: faults[id] ?? 0, isCurrent: id == current,
                isAvailable: ring.keyIDs.contains(id))
        }
        return Status(keys: keys, unopened: unopened)
    }

    /// Passes every secret that opens to the body.
    /// - Returns: the secrets that do not open.
    private func forEachSecret(
        _ body: (SealedColumn.Stored, Secret<String>) async throws -> Void
    ) async throws -> [UnopenedSecret] {
        var unopened: [UnopenedSecret] = []
        for column in SealedColumn.all {
            try await forEachBatch(of: column) { batch in
                for entry in batch {
                    switch entry.secret.flatMap({ stored in column.open(stored, with: ring).map { (stored, $0) } }) {
                    case .success((let stored, let secret)): try await body(stored, secret)
                    case .failure(let fault): unopened.append(fault)
                    }
                }
            }
        }
        return unopened
    }

    /// Makes the ring's current key the main database's, and reseals all secrets that are sealed under another key.
    /// - Parameter onProgress: called with the number of secrets sealed so far.
    public func run(onProgress: (Int) async throws -> Void = { _ in }) async throws -> Outcome {
        let date = main.time.wallNow
        try await main.transaction { database in
            let isNew = try await KeyCheck.adopt(ring, in: database, date: date)
            try await ChangeLog(database).appendKeyChange(date: date)
            guard isNew else { return }
            try await AuditLog(database).append(
                "key.rotate", actor: nil, userID: nil, detail: "to \(ring.current.id)", date: date)
        }
        try await faults.reached(FaultPoints.after(KeyRotationStep.adopt))
        var (total, unopened): (Int, [UnopenedSecret]) = (0, [])
        for column in SealedColumn.all {
            try await forEachBatch(of: column) { batch in
                let (done, faults) = try await sealAnew(batch, of: column)
                total += done
                unopened += faults
                try await onProgress(total)
            }
        }
        try await faults.reached(FaultPoints.after(KeyRotationStep.seal))
        return Outcome(sealed: total, unopened: unopened)
    }

    private func sealAnew(
        _ batch: [SealedColumn.Entry], of column: SealedColumn
    ) async throws -> (done: Int, unopened: [UnopenedSecret]) {
        let current = ring.current.id
        var changes: [(SealedColumn.Stored, SealedSecret)] = []
        var unopened: [UnopenedSecret] = []
        for entry in batch {
            switch entry.secret.flatMap({ stored in column.open(stored, with: ring).map { (stored, $0) } }) {
            case .success((let stored, let secret)):
                guard stored.sealed.keyID != current else { continue }
                changes.append((stored, try ring.seal(secret, in: stored.place)))
            case .failure(let fault): unopened.append(fault)
            }
        }
        guard !changes.isEmpty else { return (0, unopened) }
        let done = try await main.transaction { [changes] database in
            var done = 0
            for (stored, new) in changes where try await column.replace(stored, with: new, in: database) { done += 1 }
            return done
        }
        return (done, unopened)
    }

    private func forEachBatch(
        of column: SealedColumn, _ body: ([SealedColumn.Entry]) async throws -> Void
    ) async throws {
        var last: Int64 = 0
        while true {
            let after = last
            let batch = try await main.withDatabase(.read) { database in
                try await column.entries(after: after, limit: Self.batchSize, in: database)
            }
            guard let newest = batch.last else { return }
            last = newest.id
            try await body(batch)
        }
    }
}
