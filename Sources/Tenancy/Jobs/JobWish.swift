/// What operators want a job to do, as stored in `Job.Wanted`; its owner notices within a second.
public enum JobWish: String, Sendable {
    case run, pause, cancel
}
