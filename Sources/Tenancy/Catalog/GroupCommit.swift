internal import DequeModule
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

    private typealias Continuation = CheckedContinuation<Admission, any Error>

    private struct Line {
        struct Waiter {
            let ticket: UInt64
            /// On the monotonic clock.
            let deadline: Duration
            /// Nil until the waiting task has suspended.
            var continuation: Continuation?
        }

        var isTaken = false
        var lastTicket: UInt64 = 0
        /// Waiters, oldest first; the oldest also has the earliest deadline.
        var waiting: Deque<Waiter> = []
        /// Whether a task is watching the deadlines.
        var isWatched = false
        /// Decisions for waiters that have not suspended yet.
        var early: [UInt64: Result<Admission, any Error>] = [:]
    }

    private let line = Lock(Line())
    private let waitLimit: Duration
    private let time: any TimeSource
    private let lend: Lender

    /// Lends a connection for writing.
    typealias Lender = @Sendable (_ use: (PooledConnection) async throws -> Void) async throws -> Void

    /// How many transactions wait for their turn.
    var waitingCount: Int { line.withLock { $0.waiting.count } }

    /// - Parameter lend: called by the transaction that opens a group.
    init(waitLimit: Duration, time: any TimeSource, lend: @escaping Lender) {
        self.waitLimit = waitLimit
        self.time = time
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
        let deadline = time.monotonicNow + waitLimit
        let (ticket, mustWatch) = try line.withLock { line -> (UInt64?, Bool) in
            guard line.isTaken else {
                line.isTaken = true
                return (nil, false)
            }
            guard line.waiting.count < Self.maxWaiting else {
                throw TenancyError(.overloaded, "Too many transactions wait for the main database already.")
            }
            line.lastTicket += 1
            line.waiting.append(Line.Waiter(ticket: line.lastTicket, deadline: deadline))
            defer { line.isWatched = true }
            return (line.lastTicket, !line.isWatched)
        }
        guard let ticket else { return .open }
        if mustWatch { watchLine() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { park($0, ticket) }
        } onCancel: {
            dismiss(ticket, TenancyError(.cancelled, "The task was cancelled while it waited."))
        }
    }

    /// Dismisses waiters that are past their deadline, while there are any.
    private func watchLine() {
        Task { [weak self, time] in
            // Nothing cancels this task; the sleep is not cut short.
            while let pause = self?.dismissLate() { try? await time.sleep(for: pause) }
        }
    }

    /// - Returns: the time until the next deadline; nil if nobody waits.
    private func dismissLate() -> Duration? {
        let now = time.monotonicNow
        let (late, next) = line.withLock { line in
            let late = line.waiting.prefix { $0.deadline <= now }.map(\.ticket)
            let next = line.waiting.dropFirst(late.count).first?.deadline
            if next == nil { line.isWatched = false }
            return (late, next)
        }
        for ticket in late {
            dismiss(
                ticket, TenancyError(.poolTimeout, "The main database did not become free within \(waitLimit)."))
        }
        return next.map { $0 - now }
    }

    private func park(_ continuation: Continuation, _ ticket: UInt64) {
        let early = line.withLock { line in
            if let early = line.early.removeValue(forKey: ticket) { return Optional(early) }
            if let index = line.waiting.firstIndex(where: { $0.ticket == ticket }) {
                line.waiting[index].continuation = continuation
            }
            return nil
        }
        if let early { continuation.resume(with: early) }
    }

    /// Removes a waiter from the line. A waiter that has the turn already keeps it.
    private func dismiss(_ ticket: UInt64, _ error: TenancyError) {
        let continuation = line.withLock { line -> Continuation? in
            guard let index = line.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            let entry = line.waiting.remove(at: index)
            if entry.continuation == nil { line.early[ticket] = .failure(error) }
            return entry.continuation
        }
        continuation?.resume(throwing: error)
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
        let (isGiven, continuation) = line.withLock { line -> (Bool, Continuation?) in
            guard let next = line.waiting.popFirst() else {
                if orFree { line.isTaken = false }
                return (false, nil)
            }
            if next.continuation == nil { line.early[next.ticket] = .success(turn) }
            return (true, next.continuation)
        }
        continuation?.resume(returning: turn)
        return isGiven
    }
}
