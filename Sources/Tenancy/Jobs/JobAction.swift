/// What an operator can do to a job.
public enum JobAction: String, Sendable, CaseIterable {
    case pause, resume, cancel, retry
}
