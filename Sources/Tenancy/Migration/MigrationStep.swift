/// A part of a migration.
public struct MigrationStep: Sendable {
    /// Changes the rows of one batch.
    /// - Returns: where the next batch begins, in at most ``maxPosition`` characters; nil after the last.
    public typealias Batch = @Sendable (MigrationBatch) async throws -> String?

    /// The most characters of a batch's position.
    public static let maxPosition = 500

    private enum Work: Sendable {
        case statements(@Sendable (any Dialect) -> [String])
        case outside(@Sendable (any Dialect) -> [String])
        case data(name: String, revision: Int, Batch)
    }

    private let work: Work
    private let timeLimit: Duration?

    /// SQL inside a transaction, where the engine's schema changes can be part of one.
    /// - Parameters:
    ///   - timeLimit: the time limit of each statement; nil for ``SchemaMigrations/timeLimit``.
    ///   - statements: returns the step's SQL in a dialect; must not depend on anything else.
    public static func sql(
        timeLimit: Duration? = nil, _ statements: @escaping @Sendable (any Dialect) -> [String]
    ) -> MigrationStep {
        MigrationStep(work: .statements(statements), timeLimit: timeLimit)
    }

    /// SQL that an engine does not run inside a transaction, such as PostgreSQL's CREATE INDEX CONCURRENTLY.
    ///
    /// A statement whose end could not be recorded runs again, so it must bear that.
    public static func outsideTransaction(
        timeLimit: Duration? = nil, _ statements: @escaping @Sendable (any Dialect) -> [String]
    ) -> MigrationStep {
        MigrationStep(work: .outside(statements), timeLimit: timeLimit)
    }

    /// Code that changes rows in batches, each in a transaction of its own. Does not run when a database is made,
    /// because a new database has no rows.
    /// - Parameters:
    ///   - revision: part of the migration's checksum, which cannot cover code: raise it to have a change noticed.
    ///   - timeLimit: the time limit of each statement.
    ///   - batch: called until it returns nil.
    public static func data(
        _ name: String, revision: Int = 1, timeLimit: Duration? = nil, _ batch: @escaping Batch
    ) -> MigrationStep {
        MigrationStep(work: .data(name: name, revision: revision, batch), timeLimit: timeLimit)
    }

    func pieces(in dialect: any Dialect) -> [MigrationPiece] {
        let limit = timeLimit ?? SchemaMigrations.timeLimit
        switch work {
        case .statements(let make): return make(dialect).map { MigrationPiece(.statement($0), timeLimit: limit) }
        case .outside(let make): return make(dialect).map { MigrationPiece(.outside($0), timeLimit: limit) }
        case .data(let name, let revision, let batch):
            return [MigrationPiece(.data(name: name, revision: revision, batch), timeLimit: limit)]
        }
    }
}
