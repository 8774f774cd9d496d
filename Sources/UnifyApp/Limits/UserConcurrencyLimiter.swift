internal import Foundation
internal import Hummingbird
internal import Synchronization
internal import Tenancy

/// Runs a few requests of each user concurrently, lets a bounded number wait, and refuses the rest at once: however
/// much one user requests, others wait for only a few of their requests.
///
/// Urgent requests are counted by session, so that a thief's do not keep the owner's from being answered. A few of one
/// user's are answered at once, and the user's sessions take turns.
///
/// Requests run on the connections' threads, one after the other. A user whose reads have recently taken more than a
/// share of the time, while others were active, is deprioritized: their further requests run on low-priority threads,
/// and other users' requests run in between.
///
/// An answer that is too large for one piece counts until it is sent: a client that requests much and reads nothing
/// is refused before the server's memory is full. Where the room for such answers is full, whoever holds the most gives
/// way (``SharedRoom``).
///
/// Lives in the memory of one process: with several processes, a user has these limits in each.
final class UserConcurrencyLimiter: Sendable {
    static let maxUsers = 100_000
    /// The share of ``workWindow`` that a user's requests may take before the user is deprioritized, while others are
    /// active.
    static let workShare: Duration = .microseconds(300)
    static let workWindow: Duration = .milliseconds(10)
    /// How long after another user's request a user is not alone.
    static let companyWindow: Duration = .milliseconds(100)

    private struct Use {
        /// Requests that are answered or wait for their turn.
        var count = 0
        /// Requests that may still be made at once.
        var allowance: Double
        var updated: Duration
        /// The work since a moment.
        var work: Duration = .zero
        var workSince: Duration = .zero

        mutating func addWork(_ duration: Duration, now: Duration) {
            if now - workSince > UserConcurrencyLimiter.workWindow { (work, workSince) = (.zero, now) }
            work += duration
        }

        func hasTakenShare(now: Duration) -> Bool {
            work > UserConcurrencyLimiter.workShare && now - workSince <= UserConcurrencyLimiter.workWindow
        }
    }

    /// Whose requests are counted together.
    enum Requester: Hashable, Sendable {
        case user(UserID)
        /// What ends a thief's session must not wait for the thief's requests.
        case session(Int64, of: UserID)

        var user: UserID {
            switch self {
            case .user(let user), .session(_, let user): user
            }
        }
    }

    private typealias Line = WaitingLine<Requester, Void>
    private typealias Room = SharedRoom<UserID, UnsentHolder.Part>

    private struct State {
        var users = LRUCache<Requester, Use>()
        /// Requests that wait for an earlier one of the same user.
        var line = Line()
        /// The last user, and when a different user was last active.
        var last: UserID?
        var changedAt: Duration?
        /// The answers that are being sent.
        var room: Room

        init(limits: UserLimits) {
            room = Room(.init(ofAll: limits.unsentBytesOfAll, ofOwner: limits.unsentBytes))
        }

        /// - Returns: whether other users have been active recently.
        mutating func isInCompany(_ user: UserID, now: Duration) -> Bool {
            if last != user {
                if last != nil { changedAt = now }
                last = user
            }
            return changedAt.map { now - $0 < UserConcurrencyLimiter.companyWindow } ?? false
        }

        /// Where the work of a requester's user is counted.
        /// - Parameter use: the requester's own.
        func worker(_ requester: Requester, _ use: Use) -> Use {
            guard case .session(_, let user) = requester else { return use }
            return users.peek(.user(user)) ?? use
        }
    }

    /// An answer that is being sent; counted until released.
    private final class UnsentAnswer: Sendable {
        private let throttle: UserConcurrencyLimiter
        private let number: Int

        init(_ throttle: UserConcurrencyLimiter, _ number: Int) {
            self.throttle = throttle
            self.number = number
        }

        deinit { throttle.state.withLock { $0.room.release(number) } }
    }

    /// How a request is run.
    private struct Admission {
        /// Nil if it runs at once.
        let ticket: Line.Ticket?
        let standsBack: Bool
    }

    private let limits: UserLimits
    private let time: any TimeSource
    private let state: Lock<State>
    private let urgentTurns: FairTurns<UserID, Int64>
    private let patientThreads = WorkerThreads(
        name: "patient", maxThreads: max(2, ProcessInfo.processInfo.activeProcessorCount), niceness: 19)

    init(limits: UserLimits, time: any TimeSource) {
        self.limits = limits
        self.time = time
        urgentTurns = FairTurns(parallel: limits.urgentRequests)
        state = Lock(State(limits: limits))
    }

    /// Answers a request.
    /// - Parameters:
    ///   - holder: whose the answer is until it is sent.
    ///   - end: makes what ends the connection if a large answer has to give way.
    ///   - isReading: see ``admit(_:_:isReading:afterWaiting:_:)``.
    ///   - afterWaiting: see there.
    /// - Throws: ``Problem`` `too_many_requests` (429), `overloaded` (503); what the body throws.
    func respond(
        to requester: Requester, _ holder: UnsentHolder, isReading: Bool,
        endingBy end: () -> @Sendable () -> Void, afterWaiting: () async throws -> Void = {},
        _ body: () async throws -> Response
    ) async throws -> Response {
        var response = try await admit(requester, holder, isReading: isReading, afterWaiting: afterWaiting, body)
        guard !response.body.isSmall else { return response }
        // A stream holds one piece of itself.
        let bytes = response.body.contentLength ?? PiecewiseBodyWriter.pieceBytes
        let answer = try hold(bytes, for: holder, isRefusable: isReading, end())
        response.body = response.body.holding(answer)
        return response
    }

    /// Small answers are still sent: clients that do not read must not block everything. Changes are always answered.
    private func hold(
        _ bytes: Int, for holder: UnsentHolder, isRefusable: Bool, _ end: @escaping @Sendable () -> Void
    ) throws -> UnsentAnswer {
        var evictions: [Room.Eviction] = []
        defer { for evict in evictions { evict() } }
        let number = try state.withLock { state in
            let outcome = state.room.makeRoomAmongAll(for: bytes, of: holder.user, holder.part)
            evictions = outcome.evictions
            guard outcome.refusal == nil || !isRefusable else { throw Problem.tooMuchUnsent }
            return state.room.hold(bytes, for: holder.user, holder.part, evict: end)
        }
        return UnsentAnswer(self, number)
    }

    /// Room for one more request of a user beside those in progress. An urgent one only has to find it in its session.
    private func makeTurn(
        for holder: UnsentHolder, beside count: Int, in room: inout Room, _ evictions: inout [Room.Eviction]
    ) throws {
        guard !holder.part.isUrgent else {
            let own = room.amount(of: holder.user, holder.part)
            guard count + own.count < limits.concurrentRequests, own.bytes < limits.unsentBytes else {
                throw Problem.tooManyRequests
            }
            return
        }
        guard room.amount(of: holder.user).count > 0 else { return }
        for outcome in [
            room.makePlace(for: holder.part, of: holder.user, among: limits.concurrentRequests - count),
            room.makeRoomInShare(for: 1, of: holder.user, holder.part),
        ] {
            evictions += outcome.evictions
            guard outcome.refusal == nil else { throw Problem.tooManyRequests }
        }
    }

    /// The sessions of one user, or of all, that have unsent answers.
    func sessions(of userID: UserID?) -> Set<SessionKey> {
        state.withLock { Set($0.room.parts(of: userID).map(\.part.session)) }
    }

    /// Ends the connections on which a session's answers are being sent.
    func end(_ session: SessionKey, of userID: UserID?) {
        let evictions = state.withLock { state in
            state.room.parts(of: userID).filter { $0.part.session == session }
                .flatMap { state.room.evict($0.part, of: $0.owner) }
        }
        for evict in evictions { evict() }
    }

    private var burst: Double { Double(limits.requestsPerSecond ?? 0) * 2 }

    /// - Throws: ``Problem`` `too_many_requests` (429), `overloaded` (503); ``TenancyError`` `cancelled`.
    /// - Parameters:
    ///   - holder: whose unsent answers count; nil for none.
    ///   - isReading: whether it waits for nothing, so that its time is work of the connection's thread.
    ///   - afterWaiting: runs before the body if the request had to wait for its turn.
    func admit<Result>(
        _ requester: Requester, _ holder: UnsentHolder? = nil, isReading: Bool = true,
        afterWaiting: () async throws -> Void = {}, _ body: () async throws -> Result
    ) async throws -> Result {
        let admission = try enter(requester, holder)
        guard admission.standsBack else {
            return try await answer(requester, admission, countsWork: isReading, afterWaiting, body)
        }
        return try await withTaskExecutorPreference(patientThreads) {
            try await answer(requester, admission, countsWork: isReading, afterWaiting, body)
        }
    }

    private func answer<Result>(
        _ requester: Requester, _ admission: Admission, countsWork: Bool, _ afterWaiting: () async throws -> Void,
        _ body: () async throws -> Result
    ) async throws -> Result {
        if let ticket = admission.ticket { try await Line.wait(for: ticket) { [self] in changeLine($0) } }
        guard case .session(let session, let user) = requester else {
            let started = time.monotonicNow
            defer { leave(requester, since: countsWork ? started : nil) }
            if admission.ticket != nil { try await afterWaiting() }
            return try await body()
        }
        // Waiting for a turn among all the user's sessions is no work.
        var started: Duration?
        defer { leave(requester, since: started) }
        if admission.ticket != nil { try await afterWaiting() }
        return try await urgentTurns.admit(user, session, afterWaiting: afterWaiting) {
            if countsWork { started = time.monotonicNow }
            return try await body()
        }
    }

    /// Counts a request.
    /// - Throws: an error if the limit is exceeded.
    private func enter(_ requester: Requester, _ holder: UnsentHolder?) throws -> Admission {
        let now = time.monotonicNow
        var evictions: [Room.Eviction] = []
        defer { for evict in evictions { evict() } }
        return try state.withLock { state in
            let isInCompany = state.isInCompany(requester.user, now: now)
            var use = state.users.use(requester) ?? Use(allowance: burst, updated: now)
            if let rate = limits.requestsPerSecond {
                use.allowance = min(burst, use.allowance + (now - use.updated) / .seconds(1) * Double(rate))
                use.updated = now
                guard use.allowance >= 1 else { throw Problem.tooManyRequests }
            }
            guard use.count < limits.concurrentRequests else { throw Problem.tooManyRequests }
            if let holder { try makeTurn(for: holder, beside: use.count, in: &state.room, &evictions) }
            use.allowance -= 1
            use.count += 1
            state.users.set(use, for: requester)
            while state.users.count > Self.maxUsers, let oldest = state.users.oldestKey,
                let use = state.users.peek(oldest), use.count == 0
            {
                state.users.remove(oldest)
            }
            return Admission(
                ticket: use.count > limits.parallelRequests ? state.line.join(requester) : nil,
                standsBack: isInCompany && state.worker(requester, use).hasTakenShare(now: now))
        }
    }

    /// Counts the work of an urgent request, which is its user's like all other work.
    private func addWork(_ duration: Duration, of user: UserID, in state: inout State, now: Duration) {
        var use = state.users.use(.user(user)) ?? Use(allowance: burst, updated: now)
        use.addWork(duration, now: now)
        state.users.set(use, for: .user(user))
    }

    /// Changes the line; requests that left it by themselves are no longer counted.
    private func changeLine(_ change: (inout Line) -> Line.Effects) -> Line.Effects {
        state.withLock { state in
            let effects = change(&state.line)
            for gone in effects.departures {
                guard var use = state.users.use(gone.key) else { continue }
                use.count -= 1
                state.users.set(use, for: gone.key)
            }
            return effects
        }
    }

    private func leave(_ requester: Requester, since started: Duration?) {
        let now = time.monotonicNow
        let next = state.withLock { state -> Line.Resumption? in
            guard var use = state.users.use(requester) else { return nil }
            // Only then can anyone wait.
            let next = use.count > limits.parallelRequests ? state.line.grantFirst(of: requester, ()) : nil
            use.count -= 1
            if let started, case .user = requester { use.addWork(now - started, now: now) }
            state.users.set(use, for: requester)
            if let started, case .session = requester {
                addWork(now - started, of: requester.user, in: &state, now: now)
            }
            return next
        }
        next?.run()
    }
}
