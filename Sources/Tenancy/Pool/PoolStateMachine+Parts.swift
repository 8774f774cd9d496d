internal import DequeModule

/// What the machine is made of.
extension PoolStateMachine {
    /// Which other leases of its key a lease bears beside it.
    enum Claim: Sendable {
        /// Any number of others.
        case shared
        /// Others, but no second one of this kind.
        case writer
        /// None.
        case exclusive

        init(_ access: Access, hasSingleWriter: Bool, exclusively: Bool) {
            self = exclusively ? .exclusive : access == .write && hasSingleWriter ? .writer : .shared
        }
    }

    struct Waiter {
        let ticket: Ticket
        let server: Int
    }

    /// A connection that is open, or being opened, and not yet being closed.
    struct Connection {
        /// The lease that it belongs to, or last belonged to.
        var lease: UInt64 = 0
        var claim = Claim.shared
        /// Nil while it is being opened.
        var resource: Resource?
        let pool: Int
        let server: Int
        /// Whether its pool was drained since it was lent.
        var isStale = false
        var idleSince = Duration.zero
    }

    /// The connections of one key, and the leases that wait for one.
    struct Pool {
        enum Owner {
            case key(Key)
            case reservations(server: Int)
            /// This place in the table is not in use.
            case nobody
        }

        let owner: Owner
        /// The most connections at a time.
        let limit: Int
        /// Those unused, the longest unused first.
        var idle = IndexLinks.Line()
        var idleCount = 0
        /// Those in use or being opened.
        var leased = IndexLinks.Line()
        var leasedCount = 0
        /// Leases from before a drain that are still out.
        var staleCount = 0
        /// Those of them that bear no other writer.
        var staleWriterCount = 0
        var isWriting = false
        /// Whether an exclusive lease is out, from before a drain or not.
        var isExclusive = false
        var kin = Kin()
        var shared: Deque<Waiter> = []
        var writers: Deque<Waiter> = []
        var exclusive: Deque<Waiter> = []
        /// The server in whose line it stands, since its next waiter lacks nothing but the right to open.
        var standing: Int?

        init(owner: Owner, limit: Int) {
            self.owner = owner
            self.limit = limit
        }

        var outCount: Int { leasedCount + staleCount }
        var waitingCount: Int { shared.count + writers.count + exclusive.count }
        var isHeld: Bool { kin.isHeld || kin.isBlocked || isExclusive }
        var isUnused: Bool { idleCount == 0 && outCount == 0 && waitingCount == 0 }
        /// Whether a lease is out that bears no other, or no other writer, beside it.
        var bearsNoOther: Bool { isExclusive || isWriting || staleWriterCount > 0 }

        /// Whether the leases that are out let this one in. If an idle connection is there as well, no waiter is
        /// overtaken: one that is let in would have it.
        func admits(_ claim: Claim) -> Bool {
            guard !isHeld, exclusive.isEmpty else { return false }
            switch claim {
            case .shared: return true
            case .writer: return !isWriting
            case .exclusive: return outCount == 0 && !kin.isOut
            }
        }

        /// In which line the next waiter stands whom the leases that are out let in. An exclusive one lets nobody pass.
        var next: Claim? {
            guard !isHeld else { return nil }
            let sharer = shared.first?.ticket ?? .max
            let writer = isWriting ? .max : writers.first?.ticket ?? .max
            let barrier = exclusive.first?.ticket ?? .max
            if min(sharer, writer) < barrier { return sharer < writer ? .shared : .writer }
            return barrier < .max && outCount == 0 && !kin.isOut ? .exclusive : nil
        }

        func first(of claim: Claim) -> Waiter? {
            switch claim {
            case .shared: shared.first
            case .writer: writers.first
            case .exclusive: exclusive.first
            }
        }

        mutating func removeFirst(of claim: Claim) -> Waiter {
            switch claim {
            case .shared: shared.removeFirst()
            case .writer: writers.removeFirst()
            case .exclusive: exclusive.removeFirst()
            }
        }

        mutating func append(_ waiter: Waiter, as claim: Claim) {
            switch claim {
            case .shared: shared.append(waiter)
            case .writer: writers.append(waiter)
            case .exclusive: exclusive.append(waiter)
            }
        }

        mutating func takeWaiters() -> Deque<Waiter> {
            defer { (shared, writers, exclusive) = ([], [], []) }
            return shared + writers + exclusive
        }

        mutating func remove(_ ticket: Ticket) -> Waiter? {
            Self.remove(ticket, from: &shared) ?? Self.remove(ticket, from: &writers)
                ?? Self.remove(ticket, from: &exclusive)
        }

        private static func remove(_ ticket: Ticket, from line: inout Deque<Waiter>) -> Waiter? {
            line.firstIndex { $0.ticket == ticket }.map { line.remove(at: $0) }
        }
    }

    /// The connections to one server, or to all files.
    struct Server {
        /// Nil for files.
        let name: String?
        var limit: Int
        /// Connections that are open, being opened or being closed.
        var open = 0
        /// Those unused, the longest unused first.
        var idle = IndexLinks.Line()
        /// All who named it, whatever they wait for.
        var waiting = 0
        /// The pools whose next waiter lacks nothing but the right to open a connection to it.
        var line = TicketLine()
        /// The pool of its reservations.
        var reservations: Int?
    }
}
