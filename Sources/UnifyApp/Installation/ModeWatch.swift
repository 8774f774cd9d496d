internal import Logging
internal import ServiceLifecycle
internal import Tenancy

/// Ends a server when the mode of its installation is changed: it would go on in the old one.
struct ModeWatch: Service {
    private let installation: Installation
    private let mode: InstallationMode
    private let logger: Logger
    private let (looks, look): (AsyncStream<Void>, AsyncStream<Void>.Continuation)

    /// - Parameter mode: the one in which the server runs.
    init(installation: Installation, mode: InstallationMode, logger: Logger) {
        self.installation = installation
        self.mode = mode
        self.logger = logger
        (looks, look) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Requests a look-up of the mode if a change may concern it.
    func apply(_ change: ChangeFeed.Change) {
        switch change {
        case .user: break
        default: look.yield()
        }
    }

    /// - Throws: ``TenancyError`` `invalidConfiguration` when the mode has changed.
    func run() async throws {
        for await _ in looks.cancelOnGracefulShutdown() {
            do {
                guard let found = try await installation.mode(), found != mode else { continue }
                throw TenancyError(
                    .invalidConfiguration,
                    "The mode of this installation was changed to \(found.rawValue). Start the server again, with "
                        + "MULTI_TENANT_MODE=\(found.setting) or without that setting.")
            } catch let error as TenancyError where error.code != .invalidConfiguration {
                // A failure to read the main database is reported elsewhere; the mode is read again at the next
                // change.
                logger.warning("the mode cannot be read", metadata: ["error": "\(error)"])
            }
        }
    }
}
