/// Compares the main database with its external record, ``WitnessFile``, and maintains that record.
///
/// A state is committed to the main database before it is written to the record, so that after a kill at any moment
/// the record holds no state that the main database lacks.
struct MainWitness: Sendable {
    /// The result of the comparison.
    enum Finding: Sendable, Hashable {
        /// Nothing was recorded yet.
        case unknown
        /// The record is empty, although states of this main database were recorded: the file was removed, or another
        /// machine has the record.
        case missing
        /// The record only has entries for other main databases.
        case foreign
        case current
        /// The main database is older than the record: it was restored from a copy, or truncated.
        /// - Parameters:
        ///   - known: when the newest missing state was recorded.
        ///   - number: the number of the newest recorded state.
        case older(known: Timestamp, number: Int64)
    }

    let main: MainDatabase
    let file: WitnessFile

    func examine() async throws -> Finding {
        let all = try await file.lines()
        let (id, rows) = try await main.withDatabase(.read) { database in
            (try await MainGeneration.databaseID(in: database), try await MainGeneration.all(in: database))
        }
        guard let id, all.contains(where: { $0.databaseID == id }) else {
            return all.isEmpty ? (rows.isEmpty ? .unknown : .missing) : .foreign
        }
        let states = Self.states(all, of: id)
        let tags = Dictionary(rows.map { ($0.number, $0.tag) }) { $1 }
        let first = rows.first?.number ?? 0
        let lacking = states.filter { _, state in
            // The oldest rows have been trimmed.
            state.number >= first && tags[state.number] != state.tag
        }
        guard let known = lacking.map(\.date).max() else { return .current }
        return .older(known: known, number: states.map(\.state.number).max() ?? 0)
    }

    /// When this main database was last found to be an older copy; nil if never.
    func restoredAt() async throws -> Timestamp? {
        let id = try await main.withDatabase(.read) { try await MainGeneration.databaseID(in: $0) }
        return try await file.lines().last { $0.databaseID == id && $0.content == .restored }?.date
    }

    /// The recorded codes of audit log entries.
    func notedCodes() async throws -> [(id: Int64, code: String)] {
        let id = try await main.withDatabase(.read) { try await MainGeneration.databaseID(in: $0) }
        let keyID = try main.context.auditKey().id
        return Self.current(try await file.lines(), of: id ?? "").compactMap { line in
            guard case .state(_, keyID, let id, let code) = line.content, id > 0 else { return nil }
            return (id, code)
        }
    }

    /// Records the current state of the main database.
    /// - Parameters:
    ///   - floor: the state's number is greater than this.
    ///   - isRestored: whether the effects of an older copy have been undone.
    /// - Returns: the newest audit log entry; nil before the main database was sealed with a key.
    @discardableResult
    func note(above floor: Int64 = 0, isRestored: Bool = false) async throws -> (auditID: Int64, code: String)? {
        let date = main.time.wallNow
        let (id, state, head) = try await main.transaction { database in
            (
                try await MainGeneration.databaseID(in: database),
                try await MainGeneration.raise(above: floor, in: database), try await AuditLog(database).head()
            )
        }
        guard let id else { return nil }
        let line = WitnessLine(
            databaseID: id, date: date,
            content: .state(
                state, auditKeyID: try main.context.auditKey().id, auditID: head.id,
                auditCode: head.hash))
        let marker = isRestored ? [WitnessLine(databaseID: id, date: date, content: .restored)] : []
        try await file.append(marker + [line], time: main.time)
        return (head.id, head.hash)
    }

    private static func states(
        _ lines: [WitnessLine], of id: String
    ) -> [(date: Timestamp, state: MainGeneration)] {
        current(lines, of: id).compactMap { line in
            guard case .state(let state, _, _, _) = line.content else { return nil }
            return (line.date, state)
        }
    }

    /// The lines of one main database since it was last found to be an older copy.
    private static func current(_ lines: [WitnessLine], of id: String) -> ArraySlice<WitnessLine> {
        let own = lines.filter { $0.databaseID == id }
        let marker = own.lastIndex { $0.content == .restored }
        return own[(marker.map { $0 + 1 } ?? 0)...]
    }
}
