internal import Crypto
internal import Synchronization

/// The schema of a kind of database: the migrations of each component, from empty to the newest version.
public struct Schema: Sendable {
    private let lines: [MigrationComponent: [Migration]]
    private let fingerprints = Fingerprints()

    /// The schema of user databases.
    /// - Parameters:
    ///   - application: consecutive versions from 1. Traps otherwise.
    ///   - files: the operator's files, in the order of their versions.
    public init(_ application: [Migration], files: [Migration] = []) {
        self.init(library: [], application: application, files: files)
    }

    package init(
        library: some Sequence<Migration>, application: some Sequence<Migration> = [], files: [Migration] = []
    ) {
        let (library, application) = (Array(library), Array(application))
        for line in [library, application] {
            precondition(line.map(\.version) == Array(1..<(line.count + 1)), "versions must run 1, 2, 3 …")
        }
        precondition(zip(files, files.dropFirst()).allSatisfy { $0.version < $1.version }, "versions must rise")
        lines = [.library: library, .application: application, .operatorFiles: files]
    }

    /// The migrations of a component.
    public subscript(component: MigrationComponent) -> [Migration] { lines[component] ?? [] }

    /// All migrations with their components, in the order in which they run.
    var all: [(component: MigrationComponent, migration: Migration)] {
        MigrationComponent.allCases.flatMap { component in self[component].map { (component, $0) } }
    }

    /// All migrations, in the order in which they run.
    public var migrations: [Migration] { all.map(\.migration) }

    /// The application's version of a fully migrated database.
    public var version: Int { self[.application].count }

    /// What a fully migrated database is at.
    public var state: SchemaState {
        SchemaState(Dictionary(uniqueKeysWithValues: lines.map { ($0, $1.last?.version ?? 0) }))
    }

    /// 32 hexadecimal digits that are equal only if every statement is equal. Two databases of one version with
    /// different fingerprints were made by different code.
    public func fingerprint(in dialect: any Dialect) -> String {
        fingerprints.of(ObjectIdentifier(type(of: dialect))) { makeFingerprint(in: dialect) }
    }

    private func makeFingerprint(in dialect: any Dialect) -> String {
        var hash = SHA256()
        for statement in SchemaRecord.creationStatements(in: dialect)
            + migrations.flatMap({ $0.statements(in: dialect) })
        {
            hash.update(data: Array(statement.utf8))
            hash.update(data: [0])
        }
        return Hex.encode(hash.finalize().prefix(16))
    }

    /// All statements that make this schema in an empty database, including the migration record and the table of the
    /// identity stamp. Data steps are left out: there are no rows yet.
    /// - Parameter date: the date for the migration record.
    public func creationStatements(in dialect: any Dialect, date: Timestamp) -> [SQLStatement] {
        var statements = foundation(in: dialect, date: date)
        for (component, migration) in all {
            statements += migration.statements(in: dialect).map { SQLStatement($0) }
            statements.append(
                SchemaRecord.Entry(migration, of: component, in: dialect, appliedAt: date).insertion(in: dialect))
        }
        return statements
    }

    /// The statements that make the tables for the record and the stamp.
    private func foundation(in dialect: any Dialect, date: Timestamp) -> [SQLStatement] {
        let own = SchemaRecord.creationStatements(in: dialect) + dialect.statements(creating: DatabaseIdentity.table)
        return own.map { SQLStatement($0) } + [SchemaRecord.layoutMark(in: dialect, date: date)]
    }

    /// Makes the tables of this schema in an empty database, or completes those of one whose making was interrupted: in
    /// one transaction, unless a step has to run outside.
    /// - Parameter content: `empty` or `unfinished`.
    public func create(
        on connection: any DatabaseConnection, dialect: any Dialect, date: Timestamp, in content: DatabaseContent
    ) async throws {
        let isWhole = !hasStepsOutside(in: dialect) || !dialect.hasTransactionalSchema
        if content == .empty {
            try await connection.inTransaction {
                let statements =
                    isWhole ? creationStatements(in: dialect, date: date) : foundation(in: dialect, date: date)
                for statement in statements {
                    _ = try await connection.execute(statement, limits: StatementLimits())
                }
            }
        }
        guard content == .unfinished || !isWhole else { return }
        try await SchemaMigrations.migrate(connection, to: self, dialect: dialect, date: date, isNew: true)
    }

    private func hasStepsOutside(in dialect: any Dialect) -> Bool {
        migrations.flatMap { $0.pieces(in: dialect) }.contains { if case .outside = $0.work { true } else { false } }
    }
}

/// A schema's fingerprints, computed once for each dialect.
private final class Fingerprints: Sendable {
    private let known = Lock<[ObjectIdentifier: String]>([:])

    func of(_ dialect: ObjectIdentifier, _ make: () -> String) -> String {
        if let fingerprint = known.withLock({ $0[dialect] }) { return fingerprint }
        let new = make()
        known.withLock { $0[dialect] = new }
        return new
    }
}
