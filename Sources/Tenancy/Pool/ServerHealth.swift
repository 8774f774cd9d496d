internal import Synchronization

/// A circuit breaker for each server, so that users of a dead server are refused at once and only probes wait for it.
///
/// The circuit opens after ``failureLimit`` consecutive failed connections. From then on one caller at a time may
/// try, at growing intervals; the first success closes the circuit.
package final class ServerHealth: Sendable {
    package static let failureLimit = 3
    package static let firstPause: Duration = .milliseconds(250)
    package static let longestPause: Duration = .seconds(5)

    private struct State {
        var failures = 0
        var pause: Duration
        /// When the next probe is due; nil if the circuit is closed.
        var retryAt: Duration?
    }

    private let servers = Lock<[String: State]>([:])
    private let time: any TimeSource

    package init(time: any TimeSource) { self.time = time }

    /// Runs work that needs the location's server; an embedded engine has none.
    /// - Throws: ``TenancyError`` `serverUnavailable` if the server failed recently; what the body throws.
    package func watch<Result>(
        _ location: DatabaseLocation, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        guard location.path == nil else { return try await body() }
        let address = location.serverAddress
        try admit(address)
        do {
            let result = try await body()
            servers.withLock { $0[address] = nil }
            return result
        } catch {
            note(error, of: address)
            throw error
        }
    }

    /// The addresses of servers whose circuit is open.
    package var unavailable: [String] {
        servers.withLock { $0.filter { $0.value.retryAt != nil }.keys.sorted() }
    }

    /// Whether a server's circuit is open, and the next probe not due yet.
    package func isAway(_ address: String) -> Bool {
        let now = time.monotonicNow
        return servers.withLock { $0[address]?.retryAt.map { now < $0 } ?? false }
    }

    private func admit(_ address: String) throws {
        let now = time.monotonicNow
        let isAdmitted = servers.withLock { servers in
            guard let state = servers[address], let retryAt = state.retryAt else { return true }
            guard now >= retryAt else { return false }
            // A probe; the next one is due once this one has had its time.
            servers[address]?.retryAt = now + max(state.pause, .seconds(6))
            return true
        }
        guard isAdmitted else {
            var error = TenancyError(
                .serverUnavailable, "The database server does not answer. It is tried again every few seconds.")
            error.isBeforeAnyEffect = true
            throw error
        }
    }

    private func note(_ error: any Error, of address: String) {
        let now = time.monotonicNow
        servers.withLock { servers in
            guard (error as? TenancyError)?.code == .connectionFailed else {
                // An error reply shows that the server is there. These are none.
                let isReply = (error as? TenancyError).map {
                    ![.cancelled, .poolTimeout, .shuttingDown].contains($0.code)
                }
                if isReply == true { servers[address] = nil }
                return
            }
            var state = servers[address] ?? State(pause: Self.firstPause)
            state.failures += 1
            if state.failures >= Self.failureLimit {
                state.retryAt = now + state.pause
                state.pause = min(state.pause * 2, Self.longestPause)
            }
            servers[address] = state
        }
    }
}
