internal import Logging
internal import ServiceLifecycle
internal import Tenancy

/// Ends expired sessions, drops old finished jobs and old sizes, and removes users whose grace has ended, once an hour.
struct Housekeeping: Service {
    static let interval: Duration = .seconds(3600)
    /// How long a job that is done stays in the list.
    static let jobRetention: Duration = .seconds(7 * 24 * 3600)

    let accounts: Accounts
    let manager: MultiTenantDatabaseManager
    let deletionGrace: Duration
    let time: any TimeSource
    let logger: Logger

    func run() async throws { await time.repeatedly(after: Self.interval) { await clean() } }

    private func clean() async {
        do {
            try await accounts.deleteExpiredSessions()
            let date = time.wallNow.adding(.zero - Self.jobRetention)
            let sizeDate = time.wallNow.adding(.zero - DatabaseSizeRepository.retention)
            try await accounts.main.transaction { database in
                try await JobRepository(database).deleteDone(before: date)
                try await DatabaseSizeRepository(database).delete(before: sizeDate)
            }
            let removed = try await manager.purgeUsers(deletedBefore: time.wallNow.adding(.zero - deletionGrace))
            guard removed != (0, 0) else { return }
            logger.notice(
                "users were removed", metadata: ["removed": "\(removed.purged)", "failed": "\(removed.failed)"])
        } catch {
            logger.warning("housekeeping failed", metadata: ["error": "\(error)"])
        }
    }
}
