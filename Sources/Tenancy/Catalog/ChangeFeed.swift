public import Logging
public import ServiceLifecycle

/// Sees within a fraction of a second what other processes changed in the main database.
///
/// Where the main database's engine tells of changes by itself (PostgreSQL's NOTIFY, the file system for a file), it waits
/// for that, and looks without being told every ``slowInterval``. Elsewhere it reads the newest number of `Change_Log`, one
/// indexed read, every ``interval``.
public struct ChangeFeed: Service {
    /// What changed.
    public enum Change: Sendable, Hashable {
        case user(UserID)
        /// The root keys, the servers, or the mode of the installation.
        case keys
        /// More than can be told: everything that is cached must go.
        case everything
    }

    public static let interval: Duration = .milliseconds(200)
    /// How often it looks where it is told of changes: for what was signalled while the connection was lost.
    public static let slowInterval: Duration = .seconds(2)
    /// The longest pause between two attempts to be told of changes, where they come to nothing: it begins with
    /// ``interval`` and doubles.
    public static let longestListenPause: Duration = .seconds(10)
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
            var window: ChangeWindow?
            var listener: (any ChangeListener)?
            var (nextListen, pause) = (main.time.monotonicNow, Self.interval)
            var nextTrim = main.time.monotonicNow + .seconds(60)
            while !Task.isCancelled {
                // Listening begins before looking, so that nothing falls between the two.
                if listener == nil, main.time.monotonicNow >= nextListen {
                    listener = await listen()
                    // Each attempt costs descriptors, or a connection: what cannot be had is not asked for all the time.
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

    /// - Returns: nil where the engine has nothing to listen to, or cannot be reached now.
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
            // Cancelled, which ends the loop, or disconnected, which the next turn mends.
            await listener?.close()
            listener = nil
            // Cancelled while it sleeps: the loop's condition ends it.
            if !Task.isCancelled { try? await main.time.sleep(for: Self.interval) }
        }
    }

    private func poll(_ window: inout ChangeWindow?) async {
        do {
            guard var known = window else {
                // What was cached before the first look may be older than the log's newest row.
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
