/// Why nobody works on a job that has not ended, or why it is about to stop.
public enum JobWaiting: Sendable, Hashable {
    /// No process has taken it yet.
    case turn
    /// No running process has its handler, as far as this one knows.
    case handler
    /// The server that it needs does not answer.
    case server(address: String)
    /// The last attempt failed; the next one is made then.
    case retry(at: Timestamp)
    /// The process that worked on it no longer renews its lease.
    case owner(JobOwner)
    case paused(by: JobActor)
    /// Its owner is about to pause it.
    case pausing(by: JobActor)
    /// It is about to be undone.
    case cancelling(by: JobActor)
}
