internal import Synchronization
internal import Tenancy

/// What the server did in the last minutes, sample by sample.
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
    ///   - requests: answered since the start, and how many of them with an error of the server's.
    ///   - now: of a clock that only goes on.
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
