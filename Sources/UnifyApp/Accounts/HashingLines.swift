internal import Synchronization
internal import Tenancy

/// Bounds the number of concurrent hash computations. Each purpose has its own line and the lines take turns, so that
/// a flood in one delays the others by at most one hash. Whoever asks has few places in a line, so that the others in it
/// wait for few of their hashes.
final class HashingLines: Sendable {
    enum Line: Int, CaseIterable, Sendable {
        /// Signing in from a network that the account has not signed in from lately.
        case stranger
        /// Signing in from one that it has.
        case known
        /// Checks in a session.
        case session
        case registration

        fileprivate var refusal: String {
            switch self {
            case .stranger, .known: "Too many sign-ins at once. Try again."
            case .session: "Too many password checks at once. Try again."
            case .registration: "Too many sign-ups at once. Try again."
            }
        }
    }

    /// Where a hash waits.
    struct Place: Sendable {
        let line: Line
        /// Who asks: ``parallelOfOne`` of their hashes are in the line at once. Nil if the caller bounds them.
        let asker: String?
        /// The asker's parts are served in turn.
        let part: String

        init(_ line: Line, of asker: String? = nil, part: String = "") {
            (self.line, self.asker, self.part) = (line, asker, part)
        }
    }

    private struct Asker: Hashable, Sendable {
        let line: Line
        let name: String
    }

    /// The most hashes of one line that are computed or wait; one more is refused.
    static let limits: [Line: Int] = [.stranger: 256, .known: 256, .session: 256, .registration: 256]
    /// The most hashes of one asker that are in a line. Further ones wait outside, and take no place from others.
    static let parallelOfOne = 2

    private typealias Waiting = WaitingLine<Line, Void>

    private struct State {
        /// Hashes of each line that are computed or wait.
        var inside = [Int](repeating: 0, count: Line.allCases.count)
        var waiting = Waiting()
        var running = 0
        /// The line that was served last.
        var last = 0

        /// Grants to the next one, of the line after the one that was served last.
        mutating func grantNext() -> Waiting.Resumption? {
            for offset in 1...inside.count {
                let index = (last + offset) % inside.count
                guard let next = waiting.grantFirst(of: Line.allCases[index], ()) else { continue }
                last = index
                return next
            }
            return nil
        }
    }

    private let parallel: Int
    private let state = Lock(State())
    private let turns = FairTurns<Asker, String>(parallel: parallelOfOne)

    /// - Parameter parallel: hashes computed at the same time.
    init(parallel: Int) { self.parallel = parallel }

    /// - Throws: ``Problem`` `overloaded` (503) if too many wait in the line; ``TenancyError`` `cancelled`.
    func admit<Result>(_ place: Place, _ body: () async throws -> Result) async throws -> Result {
        guard let asker = place.asker else { return try await admit(place.line, body) }
        return try await turns.admit(Asker(line: place.line, name: asker), place.part) {
            try await admit(place.line, body)
        }
    }

    private func admit<Result>(_ line: Line, _ body: () async throws -> Result) async throws -> Result {
        if let ticket = try enter(line) {
            try await Waiting.wait(for: ticket) { [self] in changeWaiting($0) }
        }
        defer { leave(line) }
        return try await body()
    }

    /// - Returns: nil if it is the hash's turn at once.
    private func enter(_ line: Line) throws -> Waiting.Ticket? {
        try state.withLock { state in
            guard state.inside[line.rawValue] < Self.limits[line] ?? 0 else {
                throw Problem.unavailable(
                    "overloaded",
                    line.refusal)
            }
            state.inside[line.rawValue] += 1
            guard state.running >= parallel else {
                state.running += 1
                state.last = line.rawValue
                return nil
            }
            return state.waiting.join(line)
        }
    }

    private func changeWaiting(_ change: (inout Waiting) -> Waiting.Effects) -> Waiting.Effects {
        state.withLock { state in
            let effects = change(&state.waiting)
            for gone in effects.departures { state.inside[gone.key.rawValue] -= 1 }
            return effects
        }
    }

    private func leave(_ line: Line) {
        let next = state.withLock { state in
            state.inside[line.rawValue] -= 1
            let next = state.grantNext()
            if next == nil { state.running -= 1 }
            return next
        }
        next?.run()
    }
}
