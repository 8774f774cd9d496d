internal import Synchronization
internal import Tenancy

/// A connection for the pool: runs each call on one of the engine's threads, except short reads.
final class SQLiteConnection: DatabaseConnection {
    private let box: SQLiteBox
    private let workers: WorkerThreads
    private let longWorkers: WorkerThreads
    private let time: any TimeSource
    private let cancellation = SQLiteCancellation()
    private let wantsReset = Atomic(false)
    private let isGrouping = Atomic(false)

    /// - Parameters:
    ///   - workers: the threads for all statements except those known to be long.
    ///   - longWorkers: the threads for long statements.
    init(_ box: SQLiteBox, workers: WorkerThreads, longWorkers: WorkerThreads, time: any TimeSource) {
        self.box = box
        self.workers = workers
        self.longWorkers = longWorkers
        self.time = time
    }

    var needsReset: Bool { wantsReset.load(ordering: .acquiring) }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        if limits.isLong { return try await queryWithPatience(statement, limits) }
        if let result = try queryAtOnce(statement, limits) { return result }
        return try await run { try $0.query(statement, limits, $1) }
    }

    /// Runs a long read on the threads for long statements; its time limit starts now.
    private func queryWithPatience(_ statement: SQLStatement, _ limits: StatementLimits) async throws -> ResultSet {
        let deadline = time.monotonicNow + limits.timeLimit
        return try await run(on: longWorkers) { [time] handle, ticket in
            var limits = limits
            limits.timeLimit = deadline - time.monotonicNow
            return try handle.query(statement, limits, ticket)
        }
    }

    /// Runs a short read on the calling thread, which costs less than switching threads.
    /// - Returns: nil if it is not known to be short or the connection is in use; nothing has happened then.
    private func queryAtOnce(_ statement: SQLStatement, _ limits: StatementLimits) throws -> ResultSet? {
        try atOnce { try $0.queryIfShort(statement, limits) }
    }

    private func atOnce<Result>(_ body: (SQLiteHandle) throws -> Result?) throws -> Result? {
        guard !Task.isCancelled, !cancellation.isStopped else { return nil }
        do {
            return try box.withHandleIfFree(body)
        } catch {
            wantsReset.store(true, ordering: .releasing)
            throw error
        }
    }

    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        try await run { try $0.execute(statement, limits, $1) }
    }

    func begin(_ access: Access) async throws {
        wantsReset.store(true, ordering: .releasing)
        let sql = access == .write ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED"
        try await run { try $0.control(sql, limits: StatementLimits(), $1) }
    }

    /// Ignores cancellation, so that the caller always learns whether the commit succeeded.
    func commit() async throws {
        let ticket = cancellation.makeFirmTicket()
        try await workers.run { [box] in
            try box.withHandle { try $0.control(SQLiteHandle.commit, limits: StatementLimits(), ticket) }
        }
        isGrouping.store(false, ordering: .releasing)
        wantsReset.store(false, ordering: .releasing)
    }

    func rollback() async throws {
        let ticket = cancellation.makeFirmTicket()
        try await workers.run { [box] in
            try box.withHandle { handle in
                if handle.isInTransaction { try handle.control("ROLLBACK", limits: StatementLimits(), ticket) }
            }
        }
        isGrouping.store(false, ordering: .releasing)
        wantsReset.store(false, ordering: .releasing)
    }

    func reset() async -> Bool {
        do {
            try await rollback()
            return !box.isBroken
        } catch {
            return false
        }
    }

    /// One call to the file system, so that nobody continues to work in a file that was removed or replaced.
    func isConnected() async -> Bool {
        // If the handle is in use, the connection is not idle, which is the question here; the look itself cannot
        // fail.
        ((try? box.withHandleIfFree { !$0.hasMoved }) ?? nil) ?? true
    }

    func interrupt() { cancellation.stop() }

    func close() async {
        // A closure that only closes cannot fail.
        try? await workers.run { [box] in box.close() }
    }

    private func run<Result: Sendable>(
        on threads: WorkerThreads? = nil,
        _ body: @escaping @Sendable (SQLiteHandle, SQLiteCancellation.Ticket) throws -> Result
    ) async throws -> Result {
        // SQLite rolls back the whole transaction when a write in it is interrupted, so members of a group cannot be
        // interrupted.
        let ticket = isGrouping.load(ordering: .acquiring) ? cancellation.makeFirmTicket() : cancellation.makeTicket()
        do {
            return try await withTaskCancellationHandler {
                try await (threads ?? workers).run { [box] in try box.withHandle { try body($0, ticket) } }
            } onCancel: {
                ticket.cancel()
            }
        } catch {
            wantsReset.store(true, ordering: .releasing)
            throw error
        }
    }
}

extension SQLiteConnection: GroupingConnection {
    private static let member = "member"

    func beginMember() async throws {
        isGrouping.store(true, ordering: .releasing)
        try await run { handle, ticket in
            // A savepoint outside a transaction would begin one of its own.
            guard handle.isInTransaction else {
                throw TenancyError(
                    .busy, "A transaction was given up together with another one. Try again.", engine: .sqlite)
            }
            try handle.control("SAVEPOINT \(Self.member)", limits: StatementLimits(), ticket)
        }
    }

    func endMember() async throws {
        try await run { try $0.control("RELEASE \(Self.member)", limits: StatementLimits(), $1) }
    }

    func undoMember() async throws {
        try await run { handle, ticket in
            try handle.control("ROLLBACK TO \(Self.member)", limits: StatementLimits(), ticket)
            try handle.control("RELEASE \(Self.member)", limits: StatementLimits(), ticket)
        }
    }
}

extension SQLiteConnection: VisitingConnection {
    func visitIfShort(
        _ statement: SQLStatement, limits: StatementLimits, _ body: (any RowView) throws -> Void
    ) throws -> Bool {
        try atOnce { try $0.visitIfShort(statement, body) } ?? false
    }
}
