internal import Synchronization
internal import Tenancy

/// Runs a few tasks of each owner at once. The others wait, and the owner's parts, such as sessions, are served in turn:
/// a part with many tasks delays another part by one of them at a time.
///
/// The callers bound how many wait.
final class FairTurns<Owner: Hashable & Sendable, Part: Hashable & Sendable>: Sendable {
    private struct Key: Hashable, Sendable {
        let owner: Owner
        let part: Part
    }

    private struct Use {
        var running = 0
        /// Those with waiting tasks, the next one first.
        var parts: [Part] = []
    }

    private typealias Line = WaitingLine<Key, Void>

    private struct State {
        /// Of the owners with running tasks. Where none runs, none waits.
        var uses: [Owner: Use] = [:]
        var line = Line()

        /// Grants to the next part.
        mutating func grantNext(of owner: Owner) -> Line.Resumption? {
            guard let part = uses[owner]?.parts.first else { return nil }
            let key = Key(owner: owner, part: part)
            let next = line.grantFirst(of: key, ())
            uses[owner]?.parts.removeFirst()
            if line.count(of: key) > 0 { uses[owner]?.parts.append(part) }
            return next
        }
    }

    private let parallel: Int
    private let state = Lock(State())

    /// - Parameter parallel: tasks of one owner at once.
    init(parallel: Int) { self.parallel = parallel }

    /// - Parameters:
    ///   - afterWaiting: runs before the body if the task had to wait.
    /// - Throws: ``TenancyError`` `cancelled`; what the closures throw.
    func admit<Result>(
        _ owner: Owner, _ part: Part, afterWaiting: () async throws -> Void = {}, _ body: () async throws -> Result
    ) async throws -> Result {
        let ticket = enter(Key(owner: owner, part: part))
        if let ticket { try await Line.wait(for: ticket) { [self] in changeLine($0) } }
        defer { leave(owner) }
        if ticket != nil { try await afterWaiting() }
        return try await body()
    }

    /// - Returns: nil if it is the task's turn at once.
    private func enter(_ key: Key) -> Line.Ticket? {
        state.withLock { state in
            var use = state.uses[key.owner] ?? Use()
            defer { state.uses[key.owner] = use }
            guard use.running >= parallel else {
                use.running += 1
                return nil
            }
            if state.line.count(of: key) == 0 { use.parts.append(key.part) }
            return state.line.join(key)
        }
    }

    private func changeLine(_ change: (inout Line) -> Line.Effects) -> Line.Effects {
        state.withLock { state in
            let effects = change(&state.line)
            for gone in effects.departures where state.line.count(of: gone.key) == 0 {
                state.uses[gone.key.owner]?.parts.removeAll { $0 == gone.key.part }
            }
            return effects
        }
    }

    private func leave(_ owner: Owner) {
        let next = state.withLock { state -> Line.Resumption? in
            if let next = state.grantNext(of: owner) { return next }
            state.uses[owner]?.running -= 1
            if state.uses[owner]?.running == 0 { state.uses[owner] = nil }
            return nil
        }
        next?.run()
    }
}
