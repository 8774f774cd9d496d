internal import Logging
internal import ServiceLifecycle
internal import Tenancy

/// Once an hour: removes expired sessions, old finished jobs and old sizes, permanently removes users whose grace
/// period has ended, and completes the normal forms of addresses.
struct Housekeeping: Service {
    static let interval: Duration = .seconds(3600)
    /// How long a job that is done stays in the list.
    static let jobRetention = JobControl.retention

    let accounts: Accounts
    let manager: MultiTenantDatabaseManager
    let deletionGrace: Duration
    let time: any TimeSource
    let logger: Logger

    func run() async throws {
        // At once: until it is done, the address of a user from before an upgrade is found by its exact spelling alone.
        await cancelWhenGracefulShutdown { await completeAddresses() }
        await time.repeatedly(after: Self.interval) {
            await clean()
            await completeAddresses()
        }
    }

    private func completeAddresses() async {
        do {
            let shared = try await accounts.completeAddresses()
            guard !shared.isEmpty else { return }
            logger.warning(
                "users share an address with somebody else; run: unify doctor",
                metadata: ["users": "\(shared.prefix(20).map(\.description).joined(separator: ", "))"])
        } catch let error as TenancyError where error.code == .uniqueViolation {
            // Another process does the same, or someone has just registered; the rest is retried in an hour.
            logger.debug("addresses are being completed elsewhere", metadata: ["error": "\(error)"])
        } catch {
            logger.warning("addresses could not be completed", metadata: ["error": "\(error)"])
        }
    }

    private func clean() async {
        do {
            try await accounts.deleteExpiredSessions()
            let date = time.wallNow.adding(.zero - Self.jobRetention)
            try await manager.jobs.deleteDone(before: date)
            let sizeDate = time.wallNow.adding(.zero - DatabaseSizeRepository.retention)
            try await accounts.main.transaction { database in
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
