/// What a line answers.
extension WaitingLine {
    /// A task to resume after the lock is dropped, exactly once.
    package struct Resumption: Sendable {
        /// Nil if the task has not suspended yet: the line keeps its decision.
        let resume: Resume?
        let decision: Decision

        package func run() { resume?(decision) }
    }

    /// A waiter that left without a decision of the owner.
    package struct Departure: Sendable {
        package enum Reason: Sendable { case cancelled, late }

        package let ticket: Ticket
        package let key: Key
        package let reason: Reason
    }

    /// What follows from a change.
    package struct Effects: Sendable {
        package var resumptions: [Resumption] = []
        /// For the owner, which forgets them under the same lock.
        package var departures: [Departure] = []
        /// The earliest deadline of those who still wait.
        var nextDeadline: Duration?
        /// Whether a task must begin to watch the deadlines.
        var mustWatch = false

        package init(resumptions: [Resumption] = []) { self.resumptions = resumptions }

        func run() {
            for resumption in resumptions { resumption.run() }
        }
    }
}
