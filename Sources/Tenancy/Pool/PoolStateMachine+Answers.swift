/// What the machine answers.
extension PoolStateMachine {
    /// What a lease was granted.
    package enum Grant {
        /// This open connection.
        case use(Resource)
        /// The right to open a connection, after closing this one if given.
        case open(evicting: Closing?)
    }

    package enum Refusal: Equatable {
        case tooManyWaiting, shuttingDown
        /// Another key has taken the place of this one.
        case superseded
        /// Its own task holds what it would wait for.
        case waitsForItself
    }

    package enum LeaseAction {
        case grant(Grant, Lease)
        case wait(Ticket)
        case refuse(Refusal)
    }

    /// Identifies a lease, or a reservation, to the machine when it ends.
    package struct Lease: Hashable, Sendable {
        let connection: Int
        let number: UInt64
    }

    /// A connection to close. Tell ``closed(_:)`` when it is: until then it counts, except for what its successor has
    /// taken over.
    package struct Closing {
        package let resource: Resource
        let server: Int
        let countsForServer: Bool
        let countsForProcess: Bool
    }

    /// Keeps new leases of a family waiting.
    package struct Hold: Hashable, Sendable {
        let family: Key.Family
        let number: UInt64
    }

    package enum HoldAction: Equatable {
        /// - Parameter isQuiet: whether no lease of the family is out; if not, ``Effects/quiet`` says when the last has
        ///   ended.
        case hold(Hold, isQuiet: Bool)
        case refuse(HoldRefusal)
    }

    package enum HoldRefusal: Equatable { case alreadyHeld, shuttingDown }

    /// Where a ticket waits.
    package enum Place: Hashable, Sendable {
        case key(Key)
        /// Nil for files.
        case reservations(server: String?)
    }

    /// What a waiting lease waits for.
    package enum Obstacle: Equatable {
        /// A hold or an exclusive lease.
        case hold
        /// The leases of its own key.
        case database
        /// The server's limit.
        case server(String)
        /// The limit of the process.
        case process
    }

    /// What to do after the lock is dropped.
    package struct Effects {
        package var granted: [(ticket: Ticket, grant: Grant, lease: Lease)] = []
        /// Waiting leases to be refused.
        package var dismissed: [Ticket] = []
        /// Connections to close.
        package var toClose: [Closing] = []
        /// Connections in use whose leases must stop working.
        package var toRevoke: [Resource] = []
        /// Holds whose family has no lease left.
        package var quiet: [Hold] = []
    }

    package struct Counts: Sendable, Equatable {
        package var open = 0
        package var idle = 0
        /// Leases and reservations that are out.
        package var leased = 0
        package var waiting = 0
    }
}
