internal import DequeModule
internal import Synchronization
internal import Tenancy

/// Bounds the number of concurrent hash computations. Each purpose has its own line and the lines take turns, so that
/// a flood in one delays the others by at most one hash.
final class HashingLines: Sendable {
    enum Line: Int, CaseIterable, Sendable {
        /// Signing in from a network that the account has not signed in from lately.
        case stranger
        /// Signing in from one that it has, and checks in a session.
        case known
        case registration
    }

    /// The most hashes of one line that are computed or wait; one more is refused.
    static let limits: [Line: Int] = [.stranger: 256, .known: 256, .registration: 256]

    private struct State {
        struct Queue {
            var inside = 0
            var waiting: Deque<CheckedContinuation<Void, Never>> = []
        }

        var queues = [Queue](repeating: Queue(), count: Line.allCases.count)
        var running = 0
        /// The line that was served last.
        var last = 0

        /// The next one to be computed, of the line after the one that was served last.
        mutating func popNext() -> CheckedContinuation<Void, Never>? {
            for offset in 1...queues.count {
                let index = (last + offset) % queues.count
                guard let next = queues[index].waiting.popFirst() else { continue }
                last = index
                return next
            }
            return nil
        }
    }

    private let parallel: Int
    private let state = Lock(State())

    /// - Parameter parallel: hashes computed at the same time.
    init(parallel: Int) { self.parallel = parallel }

    /// - Throws: ``Problem`` `overloaded` (503) if too many wait in the line.
    func admit<Result>(_ line: Line, _ body: () async throws -> Result) async throws -> Result {
        try enter(line)
        await waitForTurn(line)
        defer { leave(line) }
        return try await body()
    }

    private func enter(_ line: Line) throws {
        let isAdmitted = state.withLock { state in
            guard state.queues[line.rawValue].inside < Self.limits[line] ?? 0 else { return false }
            state.queues[line.rawValue].inside += 1
            return true
        }
        guard isAdmitted else {
            throw Problem.unavailable(
                "overloaded",
                line == .registration
                    ? "Too many sign-ups at once. Try again." : "Too many sign-ins at once. Try again.")
        }
    }

    private func waitForTurn(_ line: Line) async {
        await withCheckedContinuation { continuation in
            let isTurn = state.withLock { state in
                guard state.running >= parallel else {
                    state.running += 1
                    state.last = line.rawValue
                    return true
                }
                state.queues[line.rawValue].waiting.append(continuation)
                return false
            }
            if isTurn { continuation.resume() }
        }
    }

    private func leave(_ line: Line) {
        let next = state.withLock { state in
            state.queues[line.rawValue].inside -= 1
            let next = state.popNext()
            if next == nil { state.running -= 1 }
            return next
        }
        next?.resume()
    }
}
