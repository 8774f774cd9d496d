internal import Logging

/// Applies one migration to one database, from where it was left.
///
/// The record is read again in every transaction: where write transactions exclude each other and there is no other
/// lock, another process may have gone further meanwhile.
struct MigrationRun: Sendable {
    private let migration: Migration
    private let component: MigrationComponent
    private let connection: any DatabaseConnection
    private let dialect: any Dialect
    private let date: Timestamp
    private let isNew: Bool
    private let logger: Logger?
    private let pieces: [MigrationPiece]

    init(
        migration: Migration, component: MigrationComponent, connection: any DatabaseConnection, dialect: any Dialect,
        date: Timestamp, isNew: Bool, logger: Logger?
    ) {
        self.migration = migration
        self.component = component
        self.connection = connection
        self.dialect = dialect
        self.date = date
        self.isNew = isNew
        self.logger = logger
        pieces = migration.pieces(in: dialect)
    }

    func apply() async throws {
        logger?.notice(
            "a migration of a database has begun; it may take long where its tables are large",
            metadata: [
                "component": "\(component.rawValue)", "version": "\(migration.version)", "name": "\(migration.name)",
            ])
        if try await hasColumns() { return try await finish() }
        var next = try await entry()?.stepsDone ?? 0
        repeat {
            let unit = unit(from: next)
            do {
                try await run(unit)
            } catch {
                throw named(error, unit)
            }
            next = unit.upperBound
        } while next < pieces.count
    }

    /// The steps that are recorded together, from one on: a transaction's, or a single one.
    private func unit(from start: Int) -> Range<Int> {
        guard start < pieces.count else { return start..<start }
        guard dialect.hasTransactionalSchema, pieces[start].isStatement else { return start..<start + 1 }
        let end = pieces[start...].firstIndex { !$0.isStatement } ?? pieces.count
        return start..<end
    }

    private func run(_ unit: Range<Int>) async throws {
        guard let first = pieces[unit].first else { return try await finish() }
        switch first.work {
        case .data(_, _, let batch): try await runBatches(batch, unit.lowerBound, first.timeLimit)
        case .outside(let sql): try await runOutside(sql, unit.lowerBound, first.timeLimit)
        case .statement(let sql):
            guard !dialect.hasTransactionalSchema else { return try await runTogether(unit) }
            try await runOutside(sql, unit.lowerBound, first.timeLimit)
        }
    }

    /// Every statement and the record of all in one transaction.
    private func runTogether(_ unit: Range<Int>) async throws {
        try await connection.inTransaction {
            guard let entry = try await entry(at: unit.lowerBound) else { return }
            for piece in pieces[unit] {
                guard let sql = piece.sql else { continue }
                try await execute(sql, piece.timeLimit)
            }
            try await record(entry, done: unit.upperBound)
        }
    }

    /// A statement that commits by itself: its beginning is recorded, so that it is known to have run perhaps.
    private func runOutside(_ sql: String, _ index: Int, _ limit: Duration) async throws {
        guard var entry = try await entry(at: index) else { return }
        let hasBegun = entry.stepsBegun > index
        entry.stepsBegun = index + 1
        try await write(entry)
        do {
            if case .outside = pieces[index].work {
                try await execute(sql, limit)
            } else {
                // A change of rows is undone where its end is not recorded.
                return try await connection.inTransaction {
                    try await execute(sql, limit)
                    try await record(entry, done: index + 1)
                }
            }
        } catch let error as TenancyError where error.isEffectThere && hasBegun {
            // The attempt before was interrupted between the statement and its record.
        } catch let error as TenancyError where !Self.leavesOpen.contains(error.code) {
            entry.stepsBegun = index
            try await write(entry)
            throw error
        }
        try await record(entry, done: index + 1)
    }

    /// After these errors a statement may have run.
    private static let leavesOpen: Set<TenancyError.Code> = [.connectionFailed, .cancelled, .deadlineExceeded]

    private func runBatches(_ batch: MigrationStep.Batch, _ index: Int, _ limit: Duration) async throws {
        var isDone = false
        while !isDone {
            try Task.checkCancellation()
            isDone = try await connection.inTransaction {
                guard var entry = try await entry(at: index) else { return true }
                let next =
                    isNew
                    ? nil
                    : try await batch(
                        MigrationBatch(
                            position: entry.batchPosition, dialect: dialect, connection: connection,
                            limits: StatementLimits(timeLimit: limit)))
                guard let next else {
                    try await record(entry, done: index + 1)
                    return true
                }
                guard next.count <= MigrationStep.maxPosition else {
                    throw TenancyError(
                        .invalidConfiguration,
                        "A batch's position has more than \(MigrationStep.maxPosition) characters.")
                }
                entry.batchPosition = next
                try await write(entry)
                return false
            }
        }
    }

    // MARK: Record

    private func entry() async throws -> SchemaRecord.Entry? {
        let sql = "SELECT * FROM \(dialect.quote(SchemaRecord.table.name)) WHERE Component = ? AND Version = ?"
        let statement = SQLStatement(sql, [.text(component.rawValue), .integer(Int64(migration.version))])
        return try await connection.query(statement, limits: StatementLimits(access: .read)).first
            .flatMap(SchemaRecord.entry(in:))
    }

    /// The migration's entry, perhaps a new one, if the step is the next; nil if it is done.
    private func entry(at index: Int) async throws -> SchemaRecord.Entry? {
        let found =
            try await entry()
            ?? SchemaRecord.Entry(
                component: component, version: migration.version, name: migration.name,
                checksum: MigrationPiece.checksum(of: []))
        return found.stepsDone == index && found.appliedAt == nil ? found : nil
    }

    private func record(_ entry: SchemaRecord.Entry, done: Int) async throws {
        var entry = entry
        entry.stepsDone = done
        entry.stepsBegun = done
        entry.batchPosition = nil
        entry.checksum = MigrationPiece.checksum(of: pieces.prefix(done))
        if done == pieces.count { entry.appliedAt = date }
        try await write(entry)
    }

    private func write(_ entry: SchemaRecord.Entry) async throws {
        let isThere = try await self.entry() != nil
        let statement = isThere ? entry.update(in: dialect) : entry.insertion(in: dialect)
        _ = try await connection.execute(statement, limits: StatementLimits())
    }

    /// Records a migration without running any of it.
    private func finish() async throws {
        try await connection.inTransaction {
            guard try await entry()?.appliedAt == nil else { return }
            try await write(SchemaRecord.Entry(migration, of: component, in: dialect, appliedAt: date))
        }
    }

    // MARK: Statements

    private func execute(_ sql: String, _ limit: Duration) async throws {
        _ = try await connection.execute(SQLStatement(sql), limits: StatementLimits(timeLimit: limit))
    }

    /// Whether a migration's columns exist. They do if an older program was interrupted before it recorded the
    /// migration, on a server that commits DDL statements by themselves.
    private func hasColumns() async throws -> Bool {
        guard let (table, columns) = migration.added else { return false }
        do {
            let names = columns.map(dialect.quote).joined(separator: ", ")
            let sql = "SELECT \(names) FROM \(dialect.quote(table)) WHERE 1 = 0"
            _ = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
            return true
        } catch let error as TenancyError where error.code == .invalidStatement {
            return false
        }
    }

    private func named(_ error: any Error, _ unit: Range<Int>) -> any Error {
        guard let error = error as? TenancyError else { return error }
        let steps = unit.count > 1 ? "steps \(unit.lowerBound + 1) to \(unit.upperBound)" : "step \(unit.upperBound)"
        let title = SchemaComparison.title(component, migration.version, migration.name)
        var named = TenancyError(
            error.code, "The migration \(title) failed in \(steps) of \(pieces.count): \(error.message)",
            cause: error.cause, userID: error.userID, engine: error.engine, sql: error.sql)
        named.isBeforeAnyEffect = error.isBeforeAnyEffect
        return named
    }
}
