internal import Foundation
internal import Logging
internal import UnixSignals

/// Bounds how long the server takes to end: after the limit, or at a second signal, the process ends at once.
///
/// Acknowledged writes are on disk by then, as after kill -9; clients have to repeat the rest.
struct ShutdownWatch: Sendable {
    let limit: Duration
    let logger: Logger

    /// Watches until it is cancelled.
    func run() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        await withDiscardingTaskGroup { group in
            var hasBegun = false
            for await signal in signals {
                guard !hasBegun else {
                    logger.warning("told to end again: ending at once")
                    _exit(128 + (signal == .sigint ? SIGINT : SIGTERM))
                }
                hasBegun = true
                logger.notice(
                    "stopping; a second signal ends at once", metadata: ["seconds": "\(limit.components.seconds)"])
                group.addTask { await endLate() }
            }
        }
    }

    private func endLate() async {
        // Cancelled if the server has ended by itself.
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        logger.warning(
            "requests were not answered within UNIFY_SHUTDOWN_TIMEOUT; their connections are closed",
            metadata: ["seconds": "\(limit.components.seconds)"])
        _exit(0)
    }
}
