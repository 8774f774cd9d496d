public import Tenancy
internal import TenancyTesting

extension TestServer {
    /// Runs the body in a transaction of the main database that others then wait for, until so many do: for their turn on a
    /// file, for a lock on a server. What they read before is what they read at the same moment.
    /// - Parameters:
    ///   - lock: locks, on a server, what the others want.
    ///   - others: each is a request of somebody else.
    /// - Returns: what came of the others, once the transaction has ended.
    public func whileAllWait<Result: Sendable>(
        locking lock: @Sendable @escaping (DatabaseHandle) async throws -> Void,
        _ others: [@Sendable () async throws -> Result]
    ) async throws -> [Result] {
        let tasks = try await manager.main.transaction { database in
            try await lock(database)
            // Not a part of this task, which may not ask for a second transaction.
            let tasks = others.map { other in Task.detached { try await other() } }
            try await eventually("\(others.count) wait for the main database", within: .seconds(60)) {
                try await waitingTransactions() >= others.count
            }
            return tasks
        }
        var results: [Result] = []
        for task in tasks { results.append(try await task.value) }
        return results
    }

    /// How many transactions of the main database wait.
    private func waitingTransactions() async throws -> Int {
        let main = manager.main
        guard let sql = Self.waitingStatement(place.kind, main.location.name ?? "") else {
            return main.waitingTransactions
        }
        let cell = try await TestDatabaseServer.administer(place.engine, [sql]).first?.cells.last
        guard let count = cell?.integer ?? cell?.text.flatMap(Int64.init) else {
            throw TestFailure("no number: \(String(describing: cell))")
        }
        return Int(count)
    }

    /// Asks a server how many wait for locks in a database; nil for files. MySQL counts those of all databases: its list of
    /// transactions is a copy, which is not renewed while somebody reads it again and again.
    private static func waitingStatement(_ kind: EngineKind, _ database: String) -> String? {
        switch kind {
        case .sqlite: nil
        case .postgresql:
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '\(database)' AND wait_event_type = 'Lock'"
        case .mysql: "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"
        case .sqlserver:
            "SELECT COUNT(*) AS n FROM sys.dm_exec_requests WHERE database_id = DB_ID('\(database)') "
                + "AND blocking_session_id <> 0"
        }
    }
}
