import Synchronization
import Tenancy

/// The smallest owner of a line: some turns, and tasks that wait for one.
final class WaitingRoom: Sendable {
    private typealias Line = WaitingLine<String, Int>

    private struct State {
        var free: Int
        var line: Line
        var departed = 0
    }

    private let state: Lock<State>
    private let timeout: Line.Timeout

    /// - Parameter turns: how many are free at first.
    init(time: any TimeSource, waitLimit: Duration = .seconds(10), turns: Int = 0) {
        state = Lock(State(free: turns, line: Line(waitLimit: waitLimit)))
        timeout = Line.Timeout(time: time) { TenancyError(.poolTimeout, "Too late.") }
    }

    var count: Int { state.withLock { $0.line.count } }
    var free: Int { state.withLock { $0.free } }
    /// Waiters that left by themselves.
    var departed: Int { state.withLock { $0.departed } }

    func wait(_ key: String) async throws -> Int {
        let ticket = state.withLock { $0.line.join(key, now: timeout.time.monotonicNow) }
        return try await Line.wait(for: ticket, timeout: timeout) { [weak self] in self?.change($0) ?? Line.Effects() }
    }

    func waitFirmly(_ key: String) async throws -> Int {
        let ticket = state.withLock { $0.line.join(key, now: timeout.time.monotonicNow) }
        return try await Line.waitFirmly(for: ticket) { [self] in change($0) }.get()
    }

    func withTurn(_ key: String, _ body: () async -> Void) async throws {
        let ticket = state.withLock { state -> UInt64? in
            guard state.free == 0 else {
                state.free -= 1
                return nil
            }
            return state.line.join(key, now: timeout.time.monotonicNow)
        }
        if let ticket {
            _ = try await Line.wait(for: ticket, timeout: timeout) { [weak self] in
                self?.change($0) ?? Line.Effects()
            }
        }
        await body()
        giveBack()
    }

    /// - Returns: false if nobody waits.
    func grant(_ key: String, _ value: Int) -> Bool {
        let next = state.withLock { $0.line.grantFirst(of: key, value) }
        next?.run()
        return next != nil
    }

    private func giveBack() {
        let next = state.withLock { state in
            let keys = (0..<7).map(String.init).shuffled()
            for key in keys {
                if let next = state.line.grantFirst(of: key, 1) { return next as Line.Resumption? }
            }
            state.free += 1
            return nil
        }
        next?.run()
    }

    private func change(_ change: (inout Line) -> Line.Effects) -> Line.Effects {
        state.withLock { state in
            let effects = change(&state.line)
            state.departed += effects.departures.count
            return effects
        }
    }
}
