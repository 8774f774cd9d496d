internal import Crypto
internal import Synchronization

/// The schema of a kind of database: the migrations from empty to the newest version.
public struct Schema: Sendable {
    public let migrations: [Migration]
    private let fingerprints = Fingerprints()

    /// - Parameter migrations: consecutive versions from 1. Traps otherwise.
    public init(_ migrations: [Migration]) {
        precondition(migrations.map(\.version) == Array(1...max(1, migrations.count)), "versions must run 1, 2, 3 …")
        self.migrations = migrations
    }

    /// The version of a fully migrated database.
    public var version: Int { migrations.count }

    /// 32 hexadecimal digits that are equal only if every statement is equal. Two databases of one version with
    /// different fingerprints were made by different code.
    public func fingerprint(in dialect: any Dialect) -> String {
        fingerprints.of(ObjectIdentifier(type(of: dialect))) { makeFingerprint(in: dialect) }
    }

    private func makeFingerprint(in dialect: any Dialect) -> String {
        var hash = SHA256()
        for migration in migrations {
            for statement in migration.statements(in: dialect) {
                hash.update(data: Array(statement.utf8))
                hash.update(data: [0])
            }
        }
        return Hex.encode(hash.finalize().prefix(16))
    }

    /// All statements that make this schema in an empty database, including the migration record and the table of the
    /// identity stamp.
    /// - Parameter date: the date for the migration record.
    public func creationStatements(in dialect: any Dialect, date: Timestamp) -> [SQLStatement] {
        let own = [SchemaMigrations.table, DatabaseIdentity.table].flatMap(dialect.statements(creating:))
        var statements = own.map { SQLStatement($0) }
        for migration in migrations {
            statements += migration.statements(in: dialect).map { SQLStatement($0) }
            statements.append(SchemaMigrations.record(migration, in: dialect, date: date))
        }
        return statements
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
