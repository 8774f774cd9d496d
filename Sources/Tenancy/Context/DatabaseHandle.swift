internal import Synchronization

/// A database lent to a closure; runs statements.
///
/// It works until the closure returns; after that every call throws `leaseEnded`. If the user's config changes
/// meanwhile (suspended, moved, rotated), every call throws `staleLease`.
public final class DatabaseHandle: Sendable {
    /// What the lease allows.
    public let access: Access
    public let dialect: any Dialect
    private let pooled: PooledConnection
    private let limits: StatementLimits
    private let hasEnded = Atomic(false)
    private let isInTransaction: Atomic<Bool>
    /// Set for the main database; nil for a user's.
    let mainContext: MainContext?

    /// - Parameter isInTransaction: whether the lender has already begun a transaction.
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
    ///   - sql: the text, with a `?` for each parameter.
    ///   - parameters: one value for each `?`.
    ///   - bounds: limits for this query that are tighter than the defaults.
    /// - Throws: ``TenancyError``, among others `readOnlyLease`, `resultTooLarge`, `deadlineExceeded`,
    ///   `tableMissing`.
    public func fetchAll(
        _ sql: String, _ parameters: [SQLValue] = [], within bounds: StatementBounds? = nil
    ) async throws -> ResultSet {
        let limits = bounds.map(limits.narrowed) ?? limits
        let result = try await telling { try await usable().query(SQLStatement(sql, parameters), limits: limits) }
        try refuseIfStale()
        return result
    }

    /// Runs a query and returns its first row; nil if there is none.
    public func fetchOne(_ sql: String, _ parameters: [SQLValue] = []) async throws -> Row? {
        try await fetchAll(sql, parameters).first
    }

    /// Runs a query and folds its rows into a value, without copying the rows first if the engine allows it.
    /// - Parameters:
    ///   - bounds: as in ``fetchAll(_:_:within:)``.
    ///   - make: makes the initial value; called again if the query is restarted.
    ///   - take: takes one row, which it must not keep.
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

    /// Inserts a row and returns its generated number.
    /// - Parameter identity: the table's identity column.
    public func insert(
        into table: Identifier, _ values: KeyValuePairs<Identifier, SQLValue>, identity: Identifier
    ) async throws -> Int64 {
        try await insert(into: table, columns: values.map(\.key), values: values.map(\.value), identity: identity)
    }

    /// Inserts a row with columns known only at run time, one value for each.
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

    /// Runs the body in a transaction: committed when it returns, rolled back when it throws or its task is
    /// cancelled.
    ///
    /// A write lease takes the write lock at the start, so the transaction cannot fail on a lock half-way.
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

    /// A result read while the config changed may come from the database's former place.
    private func refuseIfStale() throws {
        guard access == .write || !pooled.isRevoked else { throw TenancyError.staleLease }
    }

    /// Reports `staleLease` when the database vanished, or the statement was stopped, because the config changed.
    private func telling<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as TenancyError
            where [.databaseMissing, .cancelled].contains(error.code) && pooled.isRevoked && !Task.isCancelled
        {
            throw TenancyError.staleLease
        }
    }

    private func noIdentity(_ table: Identifier) -> TenancyError {
        TenancyError(.internalFailure, "The engine gave no number for the row inserted into \(table).")
    }
}
