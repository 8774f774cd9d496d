/// How the work on one item ended.
public enum JobItemEnd: Sendable {
    case done
    /// There was nothing to do.
    case skipped(because: String)
    case failed(because: String)

    var state: JobItem.State {
        switch self {
        case .done: .done
        case .skipped: .skipped
        case .failed: .failed
        }
    }

    var reason: String? {
        switch self {
        case .done: nil
        case .skipped(let reason), .failed(let reason): reason
        }
    }

    var counts: JobCounts {
        switch self {
        case .done: JobCounts(done: 1)
        case .skipped: JobCounts(skipped: 1)
        case .failed: JobCounts(failed: 1)
        }
    }
}
