public import Logging
public import ServiceLifecycle

/// Notices within a fraction of a second what other processes changed in the main database.
///
/// If the engine can notify (PostgreSQL's NOTIFY; the file system for a file), the feed waits for notifications, and
/// also looks every ``slowInterval``. Otherwise it reads the newest number of `Change_Log`, one indexed read, every
/// ``interval``.
public struct ChangeFeed: Service {
    /// A change that another process made.
    public enum Change: Sendable, Hashable {
        case user(UserID)
        /// The root keys, the servers or the installation's mode.
        case keys
        /// Unknown changes: drop everything that is cached.
        case everything
    }

    public static let interval: Duration = .milliseconds(200)
    /// How often to look although notifications arrive: finds changes made while the connection was lost.
    public static let slowInterval: Duration = .seconds(2)
    /// The longest pause between two failed attempts to listen; the pause starts at ``interval`` and doubles.
    public static let longestListenPause: Duration = .seconds(10)
    /// How long a change stays in the log.
    public static let retention: Duration = .seconds(3600)

    private let main: MainDatabase
    private let logger: Logger
    private let handler: @Sendable (Change) async -> Void

    /// - Parameter handler: drops what is cached for the change. It may be called again for the same change.
    public init(main: MainDatabase, logger: Logger, handler: @escaping @Sendable (Change) async -> Void) {
        self.main = main
        self.logger = logger
        self.handler = handler
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var window: ChangeWindow?
            var listener: (any ChangeListener)?
            var (nextListen, pause) = (main.time.monotonicNow, Self.interval)
            var nextTrim = main.time.monotonicNow + .seconds(60)
            while !Task.isCancelled {
                // Listen before looking, so that no change falls between the two.
                if listener == nil, main.time.monotonicNow >= nextListen {
                    listener = await listen()
                    // Each attempt costs descriptors or a connection, so retry at growing intervals.
                    nextListen = main.time.monotonicNow + pause
                    pause = min(pause * 2, Self.longestListenPause)
                }
                await poll(&window)
                if main.time.monotonicNow > nextTrim {
                    nextTrim += .seconds(600)
                    await trim()
                }
                await wait(&listener)
                if listener != nil { pause = Self.interval }
            }
            await listener?.close()
        }
    }

    /// - Returns: nil if the engine does not notify, or cannot be reached now.
    private func listen() async -> (any ChangeListener)? {
        do {
            return try await main.engine.makeChangeListener(at: main.location)
        } catch {
            logger.warning("changes cannot be listened to; polling", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func wait(_ listener: inout (any ChangeListener)?) async {
        do {
            if let listener {
                try await listener.wait(upTo: Self.slowInterval)
            } else {
                try await main.time.sleep(for: Self.interval)
            }
        } catch {
            // Cancelled, which ends the loop; or disconnected, which the next turn repairs.
            await listener?.close()
            listener = nil
            // Cancelled while it sleeps: the loop's condition ends it.
            if !Task.isCancelled { try? await main.time.sleep(for: Self.interval) }
        }
    }

    private func poll(_ window: inout ChangeWindow?) async {
        do {
            guard var known = window else {
                // Anything cached before the first look may be older than the log's newest row.
                let newest = try await main.withDatabase(.read) { try await ChangeLog($0).newest() }
                window = ChangeWindow(floor: newest, now: main.time.monotonicNow)
                return await handler(.everything)
            }
            let floor = known.floor
            let rows = try await main.withDatabase(.read) {
                try await ChangeLog($0).rows(after: floor, limit: ChangeWindow.maxOpen)
            }
            guard let fresh = known.take(rows.map(\.id), now: main.time.monotonicNow) else {
                window = nil
                return
            }
            window = known
            let ids = Set(fresh)
            for userID in Set(rows.filter { ids.contains($0.id) }.map(\.userID)) {
                await handler(UserID(userID).map(Change.user) ?? .keys)
            }
        } catch {
            if !Task.isCancelled {
                logger.warning("changes of the main database cannot be read", metadata: ["error": "\(error)"])
            }
        }
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
