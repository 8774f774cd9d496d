internal import Synchronization

/// A database that is lent to a closure: the way to run statements.
///
/// It works until the closure returns; afterwards every call throws `leaseEnded`. Where the user's config changes
/// meanwhile (suspended, moved, rotated), every call throws `staleLease`.
public final class DatabaseHandle: Sendable {
    /// What the lease is for.
    public let access: Access
    public let dialect: any Dialect
    private let pooled: PooledConnection
    private let limits: StatementLimits
    private let hasEnded = Atomic(false)
    private let isInTransaction: Atomic<Bool>
    /// Of the main database; nil for a user's.
    let mainContext: MainContext?

    /// - Parameter isInTransaction: whether whoever lends it has begun one.
    init(
        _ pooled: PooledConnection, access: Access, dialect: any Dialect, limits: StatementLimits,
        mainContext: MainContext? = nil, isInTransaction: Bool = false
    ) {
        self.mainContext = mainContext
        self.isInTransaction = Atomic(isInTransaction)
        self.pooled = pooled
        self.access = access
        self.dialect = dialect
        var limits = limits
        limits.access = access
        self.limits = limits
    }

    /// Runs a query and returns all its rows.
    /// - Parameters:
    ///   - sql: with `?` where a parameter goes.
    ///   - parameters: one for each `?`.
    ///   - bounds: what the query may take, where that is less than usual.
    /// - Throws: ``TenancyError``, among them `readOnlyLease`, `resultTooLarge`, `deadlineExceeded`, `tableMissing`.
    public func fetchAll(
        _ sql: String, _ parameters: [SQLValue] = [], within bounds: StatementBounds? = nil
    ) async throws -> ResultSet {
        let limits = bounds.map(limits.narrowed) ?? limits
        let result = try await telling { try await usable().query(SQLStatement(sql, parameters), limits: limits) }
        try refuseIfStale()
        return result
    }

    /// Runs a query and returns its first row, or nil.
    public func fetchOne(_ sql: String, _ parameters: [SQLValue] = []) async throws -> Row? {
        try await fetchAll(sql, parameters).first
    }

    /// Runs a query and makes something of its rows, without copying them first where that can be.
    /// - Parameters:
    ///   - bounds: as ``fetchAll(_:_:within:)`` has them.
    ///   - make: makes what the rows go into, empty; called again where the query is begun anew.
    ///   - take: takes one row, which it may not keep.
    package func collect<Value>(
        _ sql: String, _ parameters: [SQLValue], within bounds: StatementBounds = .none, into make: () -> Value,
        _ take: (Value, any RowView) throws -> Void
    ) async throws -> Value {
        if !bounds.isLong, let connection = try usable() as? any VisitingConnection {
            let value = make()
            let statement = SQLStatement(sql, parameters)
            if try connection.visitIfShort(statement, limits: limits, { try take(value, $0) }) {
                try refuseIfStale()
                return value
            }
        }
        let value = make()
        for row in try await fetchAll(sql, parameters, within: bounds) { try take(value, row) }
        return value
    }

    /// Runs a statement for its effect.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [SQLValue] = []) async throws -> ExecutionResult {
        try await telling { try await usable().execute(SQLStatement(sql, parameters), limits: limits) }
    }

    /// Inserts a row and returns the number that the engine gave to it.
    /// - Parameter identity: the table's numbered key.
    public func insert(
        into table: Identifier, _ values: KeyValuePairs<Identifier, SQLValue>, identity: Identifier
    ) async throws -> Int64 {
        try await insert(into: table, columns: values.map(\.key), values: values.map(\.value), identity: identity)
    }

    /// Inserts a row whose columns are known only when the program runs, one value for each.
    public func insert(
        into table: Identifier, columns: [Identifier], values: [SQLValue], identity: Identifier
    ) async throws -> Int64 {
        let sql = dialect.insert(into: table, columns: columns, identity: identity)
        guard case .lastInsertID = dialect.insertedIdentity else {
            guard let row = try await fetchOne(sql, values) else { throw noIdentity(table) }
            return try row.integer(identity.text)
        }
        guard let id = try await execute(sql, values).lastInsertID else { throw noIdentity(table) }
        return id
    }

    /// Runs the body in a transaction: committed when it returns, undone when it throws or its task is cancelled.
    ///
    /// On a lease for writing the write lock is taken at the start, so that the transaction cannot fail for a lock in the
    /// middle.
    /// - Throws: what the body throws; `nestedTransaction` inside another transaction of this lease.
    public func transaction<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        guard
            isInTransaction.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { throw TenancyError(.nestedTransaction, "This lease has a transaction open already.") }
        defer { isInTransaction.store(false, ordering: .releasing) }
        let connection = try usable()
        try await connection.begin(access)
        do {
            let result = try await body(self)
            try Task.checkCancellation()
            try await telling { try await usable().commit() }
            return result
        } catch {
            // A connection that cannot roll back is closed when it is given back; the first error is the one to report.
            try? await connection.rollback()
            throw error is CancellationError ? TenancyError(.cancelled, "The task was cancelled.") : error
        }
    }

    func end() { hasEnded.store(true, ordering: .releasing) }

    private func usable() throws -> any DatabaseConnection {
        guard !hasEnded.load(ordering: .acquiring) else {
            throw TenancyError(.leaseEnded, "The database was used after the closure that it was lent to had returned.")
        }
        guard !pooled.isRevoked else {
            throw TenancyError.staleLease
        }
        return pooled.connection
    }

    /// What was read while the config changed may be from where the database no longer is.
    private func refuseIfStale() throws {
        guard access == .write || !pooled.isRevoked else { throw TenancyError.staleLease }
    }

    /// Where the database went away since the config changed, that is what is told.
    private func telling<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as TenancyError where error.code == .databaseMissing && pooled.isRevoked {
            throw TenancyError.staleLease
        }
    }

    private func noIdentity(_ table: Identifier) -> TenancyError {
        TenancyError(.internalFailure, "The engine gave no number for the row inserted into \(table).")
    }
}
