internal import CoreMetrics
internal import Synchronization
internal import Tenancy

/// How often durations fell below each bound.
final class PrometheusHistogram: TimerHandler {
    private struct State {
        var counts: [Int64]
        var sumNanoseconds: Int64 = 0
    }

    private let bounds: [Double]
    private let state: Lock<State>

    /// - Parameter bounds: in seconds, ascending.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Lock(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        let index = bounds.firstIndex { seconds <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[index] += 1
            state.sumNanoseconds &+= duration
        }
    }

    /// Cumulative counts for each bound, the last one unbounded, and the sum in seconds.
    var values: (cumulative: [Int64], sum: Double, count: Int64) {
        let state = state.withLock { $0 }
        var total: Int64 = 0
        let cumulative = state.counts.map { count in
            total += count
            return total
        }
        return (cumulative, Double(state.sumNanoseconds) / 1e9, total)
    }
}
