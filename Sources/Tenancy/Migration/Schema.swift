internal import Crypto
internal import Synchronization

/// The schema of a kind of database: its migrations from nothing to the newest version.
public struct Schema: Sendable {
    public let migrations: [Migration]
    private let fingerprints = Fingerprints()

    /// - Parameter migrations: versions 1, 2, 3 … in order. Traps otherwise.
    public init(_ migrations: [Migration]) {
        precondition(migrations.map(\.version) == Array(1...max(1, migrations.count)), "versions must run 1, 2, 3 …")
        self.migrations = migrations
    }

    /// The version of a database that has all migrations.
    public var version: Int { migrations.count }

    /// 32 hexadecimal digits that are the same only where every statement is the same: two databases of one version
    /// whose fingerprints differ were made by different code.
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

    /// Every statement that makes this schema in an empty database, the record of migrations and the table of the
    /// identity stamp included.
    /// - Parameter date: when, as the record of migrations tells it.
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

/// A schema's fingerprints, made once for each dialect.
private final class Fingerprints: Sendable {
    private let known = Lock<[ObjectIdentifier: String]>([:])

    func of(_ dialect: ObjectIdentifier, _ make: () -> String) -> String {
        if let fingerprint = known.withLock({ $0[dialect] }) { return fingerprint }
        let new = make()
        known.withLock { $0[dialect] = new }
        return new
    }
}
