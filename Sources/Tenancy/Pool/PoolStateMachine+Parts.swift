internal import DequeModule

/// What the machine answers, and what it is made of.
extension PoolStateMachine {
    /// What a lease was granted.
    package enum Grant {
        /// This open connection.
        case use(Resource)
        /// The right to open a connection, after closing this one if given.
        case open(evicting: Resource?)
    }

    package enum Refusal: Equatable { case tooManyWaiting, shuttingDown }

    package enum LeaseAction {
        case grant(Grant, Lease)
        case wait(Ticket)
        case refuse(Refusal)
    }

    /// Identifies a lease to the machine when it is given back.
    package struct Lease: Hashable, Sendable {
        let key: Key
        let generation: UInt64
        let access: Access
        let number: UInt64
    }

    /// What to do after the lock is dropped.
    package struct Effects {
        package var granted: [(ticket: Ticket, grant: Grant, lease: Lease)] = []
        /// Waiting leases to be refused.
        package var dismissed: [Ticket] = []
        /// Connections to close; call ``closed(count:)`` afterwards.
        package var toClose: [Resource] = []
        /// Connections in use whose leases must stop working.
        package var toRevoke: [Resource] = []
    }

    struct Waiter {
        let ticket: Ticket
        let access: Access
        var isInGlobalLine = false
    }

    struct IdleConnection {
        let number: UInt64
        let resource: Resource
        /// Whose connections it is one of, such as a server's; nil if only the whole budget counts it.
        let group: String?
        let since: Duration
    }

    struct Pool {
        let generation: UInt64
        let hasSingleWriter: Bool
        /// Most recently used last.
        var idle: Deque<IdleConnection> = []
        var leased: [UInt64: Resource?] = [:]
        var isWriting = false
        var waiters: Deque<Waiter> = []

        var openCount: Int { idle.count + leased.count }
        var isUnused: Bool { idle.isEmpty && leased.isEmpty && waiters.isEmpty }

        func admits(_ access: Access) -> Bool { access == .read || !hasSingleWriter || !isWriting }

        /// Lends the most recently used idle connection, if nobody waits.
        mutating func takeIdle(for access: Access, as number: UInt64) -> IdleConnection? {
            guard waiters.isEmpty, admits(access), let connection = idle.popLast() else { return nil }
            leased.updateValue(connection.resource, forKey: number)
            if access == .write { isWriting = true }
            return connection
        }

        /// - Returns: false if the lease belongs to an earlier pool, or enough connections are idle.
        mutating func putBack(_ connection: IdleConnection, of lease: Lease, upTo limit: Int) -> Bool {
            guard generation == lease.generation, idle.count < limit else { return false }
            leased.removeValue(forKey: lease.number)
            if lease.access == .write { isWriting = false }
            idle.append(connection)
            return true
        }
    }

    package struct Counts: Sendable, Equatable {
        package var open = 0
        package var idle = 0
        package var leased = 0
        package var waiting = 0
    }
}
