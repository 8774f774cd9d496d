/// Tasks that wait for their turn: a value inside its owner's locked state, with no lock, clock or task of its own. So
/// the owner's decision and the line change together.
///
/// One line serves many keys, such as users or servers, each first come, first served. An owner with an order of its
/// own grants by ticket instead. A task joins under the owner's lock, and then waits for its ticket with
/// ``wait(for:cancelled:timeout:through:)``; the line keeps a decision that comes before the task has suspended.
///
/// Methods return what their caller must run after it drops the lock. The rules:
///
/// - A ticket is decided exactly once: granted, refused, withdrawn or too late. Whatever comes later changes nothing.
/// - Every ticket that was joined must be waited for, or its decision is kept for ever.
/// - Joining, granting and leaving take constant time, save that a waiter who leaves from the middle moves up to half of
///   the tickets behind it, 8 bytes each.
package struct WaitingLine<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    package typealias Ticket = UInt64
    package typealias Decision = Result<Value, any Error>
    package typealias Resume = @Sendable (Decision) -> Void

    private enum Stage {
        /// The task has not suspended yet.
        case joined
        case parked(Resume)
        /// Decided before the task suspended.
        case decided(Decision)
    }

    private struct Waiter {
        let key: Key
        /// On the monotonic clock.
        let deadline: Duration?
        var stage = Stage.joined
    }

    private let waitLimit: Duration?
    /// Those in the line, and those decided whose tasks have yet to suspend.
    private var waiters: [Ticket: Waiter] = [:]
    /// The tickets in the line, oldest first; the oldest also has the earliest deadline.
    private var order = TicketQueue()
    /// The same for each key.
    private var lines: [Key: TicketQueue] = [:]
    private var lastTicket: Ticket = 0
    /// Whether a task watches the deadlines.
    private var isWatched = false

    /// - Parameter waitLimit: how long each waiter may wait, from the moment it joins; nil for a line without a limit.
    package init(waitLimit: Duration? = nil) { self.waitLimit = waitLimit }

    // MARK: Reading

    package var isEmpty: Bool { order.isEmpty }
    package var count: Int { order.count }
    package func count(of key: Key) -> Int { lines[key]?.count ?? 0 }

    // MARK: Waiting

    /// Puts a waiter at the end.
    /// - Parameters:
    ///   - ticket: the owner's own number for the waiter, larger than all before; nil for the next number.
    ///   - now: the moment on the monotonic clock, read under the owner's lock, so that deadlines keep the order of the
    ///     tickets. Unused without a limit.
    package mutating func join(_ key: Key, as ticket: Ticket? = nil, now: Duration = .zero) -> Ticket {
        let ticket = ticket ?? lastTicket + 1
        precondition(ticket > lastTicket, "Tickets are numbered in the order in which they join.")
        lastTicket = ticket
        waiters[ticket] = Waiter(key: key, deadline: waitLimit.map { now + $0 })
        order.append(ticket)
        lines[key, default: TicketQueue()].append(ticket)
        return ticket
    }

    /// Keeps the continuation of a waiter that suspends, or hands it back with the decision that came before.
    package mutating func park(_ ticket: Ticket, _ resume: @escaping Resume) -> Effects {
        switch waiters[ticket]?.stage {
        case .joined:
            waiters[ticket]?.stage = .parked(resume)
            var effects = Effects()
            if waitLimit != nil, !isWatched {
                isWatched = true
                effects.mustWatch = true
            }
            return effects
        case .decided(let decision):
            waiters[ticket] = nil
            return Effects(resumptions: [Resumption(resume: resume, decision: decision)])
        case .parked, nil:
            let error = TenancyError(.internalFailure, "A task waits with a ticket that its line does not know.")
            return Effects(resumptions: [Resumption(resume: resume, decision: .failure(error))])
        }
    }

    // MARK: Deciding

    /// Decides a waiter of the owner's choice.
    /// - Returns: nil if it no longer waits.
    package mutating func decide(_ ticket: Ticket, _ decision: Decision) -> Resumption? {
        guard let waiter = waiters[ticket] else { return nil }
        var resume: Resume?
        switch waiter.stage {
        case .decided: return nil
        case .joined: waiters[ticket]?.stage = .decided(decision)
        case .parked(let parked):
            resume = parked
            waiters[ticket] = nil
        }
        leaveLine(ticket, waiter.key)
        return Resumption(resume: resume, decision: decision)
    }

    /// Grants to the oldest waiter of a key.
    /// - Returns: nil if nobody waits.
    package mutating func grantFirst(of key: Key, _ value: Value) -> Resumption? {
        lines[key]?.first.flatMap { decide($0, .success(value)) }
    }

    /// Grants to everybody, oldest first.
    package mutating func grantAll(_ value: Value) -> [Resumption] {
        var resumptions: [Resumption] = []
        while let first = order.first, let resumption = decide(first, .success(value)) {
            resumptions.append(resumption)
        }
        return resumptions
    }

    // MARK: Leaving

    /// Takes a cancelled waiter out. One that is decided already keeps its decision.
    package mutating func withdraw(_ ticket: Ticket, _ error: any Error) -> Effects {
        var effects = Effects()
        dismiss(ticket, .cancelled, error, &effects)
        return effects
    }

    /// Takes out those whose deadline has come, and tells when the next one comes. For the task that watches the line;
    /// it ends if there is none.
    package mutating func expire(now: Duration, _ error: () -> any Error) -> Effects {
        var effects = Effects()
        while let first = order.first, let deadline = waiters[first]?.deadline, deadline <= now {
            dismiss(first, .late, error(), &effects)
        }
        effects.nextDeadline = order.first.flatMap { waiters[$0]?.deadline }
        isWatched = effects.nextDeadline != nil
        return effects
    }

    private mutating func dismiss(
        _ ticket: Ticket, _ reason: Departure.Reason, _ error: any Error, _ effects: inout Effects
    ) {
        guard let key = waiters[ticket]?.key, let resumption = decide(ticket, .failure(error)) else { return }
        effects.resumptions.append(resumption)
        effects.departures.append(Departure(ticket: ticket, key: key, reason: reason))
    }

    private mutating func leaveLine(_ ticket: Ticket, _ key: Key) {
        order.remove(ticket)
        lines[key]?.remove(ticket)
        if lines[key]?.isEmpty == true { lines[key] = nil }
    }
}
