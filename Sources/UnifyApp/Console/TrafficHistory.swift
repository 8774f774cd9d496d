internal import Synchronization
internal import Tenancy

/// The server's activity in the last minutes, by sample.
final class TrafficHistory: Sendable {
    static let interval: Duration = .seconds(5)
    /// Ten minutes.
    static let maxSamples = 120

    struct Sample: Sendable {
        let requestsPerMinute: Double
        let errorsPerMinute: Double
        let openConnections: Int
    }

    private struct State {
        var samples: [Sample] = []
        var last: (requests: Int64, errors: Int64, at: Duration)?
    }

    private let state = Lock(State())

    /// - Parameters:
    ///   - requests: total requests, and how many of them failed with a server error.
    ///   - now: on a monotonic clock.
    func add(requests: Int64, errors: Int64, open: Int, now: Duration) {
        state.withLock { state in
            defer { state.last = (requests, errors, now) }
            guard let last = state.last, now > last.at else { return }
            let minutes = (now - last.at) / .seconds(60)
            state.samples.append(
                Sample(
                    requestsPerMinute: Double(requests - last.requests) / minutes,
                    errorsPerMinute: Double(errors - last.errors) / minutes, openConnections: open))
            if state.samples.count > Self.maxSamples { state.samples.removeFirst() }
        }
    }

    /// The oldest first.
    var samples: [Sample] { state.withLock { $0.samples } }
}
