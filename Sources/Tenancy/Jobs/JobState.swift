/// How far a job is.
public enum JobState: String, Sendable, CaseIterable {
    /// Nobody has begun it since it was asked for, retried or resumed.
    case queued
    /// It was begun. If it has no owner now, it waits for its next attempt.
    case running
    /// An operator stopped it until it is resumed.
    case paused
    case done
    case failed
    /// An operator ended it.
    case cancelled

    /// Whether there is work left to do.
    public var isOpen: Bool { Self.open.contains(self) }

    static let open: Set<JobState> = [.queued, .running, .paused]
}
