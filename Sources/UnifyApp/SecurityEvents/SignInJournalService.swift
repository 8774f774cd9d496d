internal import Logging
internal import ServiceLifecycle
internal import Tenancy

/// Records failed sign-ins every second, and the rest at the end.
struct SignInJournalService: Service {
    static let interval: Duration = .seconds(1)

    let accounts: Accounts
    let time: any TimeSource
    let logger: Logger

    func run() async throws {
        await time.repeatedly(after: Self.interval) { await accounts.flushJournal(logger: logger) }
        await accounts.flushJournal(isLast: true, logger: logger)
    }
}
