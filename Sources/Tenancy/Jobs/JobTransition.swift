/// What an operator's action makes of a job: a pure table.
struct JobTransition: Equatable {
    let state: JobState
    let wish: JobWish
    /// Whether the next attempt is due at once.
    var isAtOnce = false
    /// Whether failed items are tried again.
    var retriesItems = false

    /// - Parameter abilities: nil where this process does not know the kind.
    /// - Returns: nil if the job's state or kind does not allow the action.
    init?(_ action: JobAction, of job: Job, abilities: JobAbilities?, now: Timestamp) {
        let abilities = abilities ?? .all
        let isOwned = job.isOwned(at: now)
        switch action {
        case .pause:
            guard abilities.contains(.pause), job.state == .queued || job.state == .running, job.wish == .run else {
                return nil
            }
            self.init(state: isOwned ? .running : .paused, wish: .pause)
        case .resume:
            guard job.wish == .pause, job.state.isOpen else { return nil }
            self.init(state: job.state == .paused ? .queued : job.state, wish: .run, isAtOnce: true)
        case .cancel:
            guard abilities.contains(.cancel), job.state.isOpen, job.wish != .cancel else { return nil }
            // What was never begun has left nothing to undo. A job of an older version runs without a date of its start.
            let isUntouched = job.state == .queued && job.startedAt == nil && !isOwned
            let next = job.state == .paused ? JobState.queued : job.state
            self.init(state: isUntouched ? .cancelled : next, wish: .cancel, isAtOnce: true)
        case .retry:
            let waits = job.state == .running && !isOwned && job.wish == .run
            let ended = (job.state == .failed || job.state == .cancelled) && abilities.contains(.retry)
            guard waits || ended else { return nil }
            self.init(state: waits ? .running : .queued, wish: .run, isAtOnce: true, retriesItems: ended)
        }
    }

    private init(state: JobState, wish: JobWish, isAtOnce: Bool = false, retriesItems: Bool = false) {
        self.state = state
        self.wish = wish
        self.isAtOnce = isAtOnce
        self.retriesItems = retriesItems
    }
}
