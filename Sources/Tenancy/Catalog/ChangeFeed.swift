public import Logging
public import ServiceLifecycle

/// Sees within a fraction of a second what other processes changed in the main database.
///
/// Polls the newest number of `Change_Log`, one indexed read, every ``interval``.
public struct ChangeFeed: Service {
    /// What changed.
    public enum Change: Sendable, Hashable {
        case user(UserID)
        /// More than can be told: everything that is cached must go.
        case everything
    }

    public static let interval: Duration = .milliseconds(200)
    /// How long a change stays in the log.
    public static let retention: Duration = .seconds(3600)

    private let main: MainDatabase
    private let logger: Logger
    private let handler: @Sendable (Change) async -> Void

    /// - Parameter handler: drops what is cached of whom the change names. Runs again for the same change at times.
    public init(main: MainDatabase, logger: Logger, handler: @escaping @Sendable (Change) async -> Void) {
        self.main = main
        self.logger = logger
        self.handler = handler
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            // What was read before the first poll may be older than the log's newest row.
            var seen: Int64?
            var nextTrim = main.time.monotonicNow + .seconds(60)
            while !Task.isCancelled {
                seen = await poll(after: seen)
                if main.time.monotonicNow > nextTrim {
                    nextTrim += .seconds(600)
                    await trim()
                }
                // Cancelled while it sleeps: the loop's condition ends it.
                try? await main.time.sleep(for: Self.interval)
            }
        }
    }

    private func poll(after seen: Int64?) async -> Int64? {
        do {
            let (newest, changes) = try await main.withDatabase(.read) { database in
                try await Self.changes(in: ChangeLog(database), after: seen)
            }
            for change in changes { await handler(change) }
            return newest
        } catch {
            if !Task.isCancelled {
                logger.warning("changes of the main database cannot be read", metadata: ["error": "\(error)"])
            }
            return seen
        }
    }

    private static func changes(in log: ChangeLog, after seen: Int64?) async throws -> (Int64, [Change]) {
        let newest = try await log.newest()
        guard newest != seen else { return (newest, []) }
        guard let seen, newest > seen, let oldest = try await log.oldest(), oldest <= seen + 1 || seen == 0 else {
            return (newest, [.everything])
        }
        return (newest, try await log.users(after: seen, through: newest).map(Change.user))
    }

    private func trim() async {
        do {
            let date = main.time.wallNow.adding(.zero - Self.retention)
            try await main.withDatabase(.write) { try await ChangeLog($0).trim(before: date) }
        } catch {
            logger.warning("the change log cannot be trimmed", metadata: ["error": "\(error)"])
        }
    }
}
