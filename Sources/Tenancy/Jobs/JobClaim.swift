/// The right to work on a job. It ends when the job ends, waits or is paused, and when another process takes the job
/// over; from then on nothing can be written in its name.
public struct JobClaim: Sendable, Hashable {
    public let id: Int64
    public let attempt: Int
    let owner: JobOwner
}
