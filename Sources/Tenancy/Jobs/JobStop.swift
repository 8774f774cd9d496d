/// Why the work on a job stops before its end.
public enum JobStop: Error, Sendable, Hashable {
    /// An operator pauses it.
    case paused
    /// An operator cancels it.
    case cancelled
    /// Another process has taken it over.
    case takenOver
    /// This process ends.
    case shuttingDown
}
