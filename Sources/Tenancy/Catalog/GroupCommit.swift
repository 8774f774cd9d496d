internal import Synchronization

/// Lets waiting transactions share one commit, so that they wait for the disk once rather than once each. For engines
/// with a single writer.
///
/// Transactions run one after the other, each in a savepoint of one engine transaction. A member that has nobody
/// waiting behind it, or is the last of a full group, commits for all; no member reports success before that. A
/// failed member rolls back its own savepoint only.
final class GroupCommit: Sendable {
    /// The most transactions that share a commit; bounds how long the first of them waits.
    static let maxMembers = 64
    /// The most transactions that may wait.
    static let maxWaiting = 10_000

    /// Transactions that share a commit, on the connection that was lent to the first of them.
    private final class Group: Sendable {
        struct State {
            var members = 1
            var outcome: Result<Void, any Error>?
            /// Why the engine has rolled back the whole transaction; nil if it has not.
            var loss: (any Error)?
            var waiting: [CheckedContinuation<Void, any Error>] = []
        }

        let pooled: PooledConnection
        let connection: any GroupingConnection
        let state = Lock(State())

        init(_ pooled: PooledConnection) throws {
            guard let connection = pooled.connection as? any GroupingConnection else {
                throw TenancyError(.internalFailure, "This engine's transactions cannot share a commit.")
            }
            self.pooled = pooled
            self.connection = connection
        }
    }

    /// What a waiter does when it is resumed.
    private enum Admission {
        case open
        case join(Group)
    }

    private typealias Line = WaitingLine<NoKey, Admission>

    private struct State {
        var isTaken = false
        var line: Line
    }

    private let state: Lock<State>
    private let timeout: Line.Timeout
    private let lend: Lender

    /// Lends a connection for writing.
    typealias Lender = @Sendable (_ use: (PooledConnection) async throws -> Void) async throws -> Void

    /// How many transactions wait for their turn.
    var waitingCount: Int { state.withLock { $0.line.count } }

    /// - Parameter lend: called by the transaction that opens a group.
    init(waitLimit: Duration, time: any TimeSource, lend: @escaping Lender) {
        state = Lock(State(line: Line(waitLimit: waitLimit)))
        timeout = Line.Timeout(time: time) {
            TenancyError(.poolTimeout, "The main database did not become free within \(waitLimit).")
        }
        self.lend = lend
    }

    /// Runs a transaction, as a member of the open group if there is one.
    /// - Parameter body: the transaction, on the group's connection.
    /// - Throws: what the body throws; ``TenancyError`` `overloaded`, `poolTimeout`, `cancelled`; any error of the
    ///   commit, in which case nothing of the transaction is kept.
    func run<Value>(_ body: (PooledConnection) async throws -> Value) async throws -> Value {
        switch try await takeTurn() {
        case .join(let group): return try await takePart(in: group, body)
        case .open: return try await open(body)
        }
    }

    private func open<Value>(_ body: (PooledConnection) async throws -> Value) async throws -> Value {
        var result: Result<Value, any Error>?
        do {
            try await lend { pooled in
                let group = try Group(pooled)
                try await group.connection.begin(.write)
                // From here on the turn belongs to the group.
                do {
                    result = .success(try await takePart(in: group, body))
                } catch {
                    result = .failure(error)
                }
            }
        } catch {
            if result == nil {
                passTurn()
                throw error
            }
        }
        guard let result else { throw TenancyError(.internalFailure, "The transaction was not run.") }
        return try result.get()
    }

    private func takePart<Value>(
        in group: Group, _ body: (PooledConnection) async throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do {
            result = .success(try await runMember(of: group, body))
        } catch {
            result = .failure(error)
        }
        try await end(group)
        return try result.get()
    }

    /// Runs one transaction: all of it, or nothing.
    private func runMember<Value>(
        of group: Group, _ body: (PooledConnection) async throws -> Value
    ) async throws -> Value {
        try await group.connection.beginMember()
        do {
            let value = try await body(group.pooled)
            try Task.checkCancellation()
            try await group.connection.endMember()
            return value
        } catch {
            await undo(group, because: error)
            throw error is CancellationError ? TenancyError(.cancelled, "The task was cancelled.") : error
        }
    }

    /// Rolls back one member. If even that fails, the engine has rolled back the whole transaction, as SQLite does on
    /// a full disk: the commit fails for all members, with this member's error as the reason.
    private func undo(_ group: Group, because reason: any Error) async {
        do {
            try await group.connection.undoMember()
        } catch {
            group.state.withLock { state in
                if state.loss == nil { state.loss = reason }
            }
        }
    }

    /// Lets the next member in and waits for the commit, or commits.
    private func end(_ group: Group) async throws {
        if handOver(group) { return try await outcome(of: group) }
        // Lets a transaction that is about to start on this thread join the line first.
        await Task.yield()
        if handOver(group) { return try await outcome(of: group) }
        let outcome: Result<Void, any Error>
        do {
            try await group.connection.commit()
            outcome = .success(())
        } catch {
            outcome = .failure(group.state.withLock { $0.loss } ?? error)
            // Nothing is kept; a connection that cannot roll back is closed when it is given back.
            try? await group.connection.rollback()
        }
        let waiting = group.state.withLock { state in
            state.outcome = outcome
            return state.waiting
        }
        for continuation in waiting { continuation.resume(with: outcome) }
        passTurn()
        try outcome.get()
    }

    private func outcome(of group: Group) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let known = group.state.withLock { state in
                if state.outcome == nil { state.waiting.append(continuation) }
                return state.outcome
            }
            if let known { continuation.resume(with: known) }
        }
    }

    // MARK: The line

    private func takeTurn() async throws -> Admission {
        let ticket = try state.withLock { state -> Line.Ticket? in
            guard state.isTaken else {
                state.isTaken = true
                return nil
            }
            guard state.line.count < Self.maxWaiting else {
                throw TenancyError(.overloaded, "Too many transactions wait for the main database already.")
            }
            return state.line.join(now: timeout.time.monotonicNow)
        }
        guard let ticket else { return .open }
        return try await Line.wait(for: ticket, timeout: timeout) { [weak self] change in
            self?.state.withLock { change(&$0.line) } ?? Line.Effects()
        }
    }

    /// - Returns: false if nobody waits or the group is full.
    private func handOver(_ group: Group) -> Bool {
        guard group.state.withLock({ $0.members < Self.maxMembers }) else { return false }
        guard give(.join(group), orFree: false) else { return false }
        group.state.withLock { $0.members += 1 }
        return true
    }

    private func passTurn() { _ = give(.open, orFree: true) }

    /// Gives the turn to the oldest waiter.
    /// - Parameter orFree: whether to free the line if nobody waits.
    /// - Returns: false if nobody waits.
    private func give(_ turn: Admission, orFree: Bool) -> Bool {
        let next = state.withLock { state in
            let next = state.line.grantFirst(turn)
            if next == nil, orFree { state.isTaken = false }
            return next
        }
        next?.run()
        return next != nil
    }
}
