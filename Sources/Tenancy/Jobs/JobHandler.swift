/// A kind of durable work.
///
/// Any process that has registered the handler may run a job: one that was asked for, or one whose owner died half-way.
/// So each thing that ``run(_:)`` does must be repeatable: what is recorded as done by ``JobRun/step(_:_:)`` or as an
/// ended item is not done again, everything else is. A process that was taken for dead and wakes up cannot write
/// anything through its ``JobRun``, but it may still be at work elsewhere; work outside the main database needs a guard
/// of its own against that, such as a name that contains ``JobClaim/attempt``.
///
/// Register it with ``JobControl/register(_:)`` before ``MultiTenantDatabaseManager/run()``, in every process.
public protocol JobHandler: Sendable {
    /// The kind of the jobs that it runs. Never change it: rows of `Job` have it.
    var kind: JobKind { get }
    /// The names of the steps, in order; empty for a job whose progress is counted in items.
    var steps: [String] { get }
    /// What operators can do to these jobs.
    var abilities: JobAbilities { get }
    /// Whether a job takes seconds, so that who asks for one waits for it. The others run beside the short ones.
    var isBrief: Bool { get }
    /// How long a job that is done or cancelled stays in the list.
    var retention: Duration { get }

    /// Does the work, or the rest of it. When this returns, the job is done, unless the handler has ended it otherwise.
    ///
    /// The task is cancelled as soon as the job is to pause, is cancelled or is taken over; then let the error pass on.
    /// - Throws: any error; ``retryDelay(after:attempt:)`` decides what becomes of the job.
    func run(_ run: JobRun) async throws

    /// Removes what a job left half done that an operator cancels. Repeatable, like ``run(_:)``.
    func undo(_ run: JobRun) async throws

    /// When to try again after an error; nil if the job has failed.
    /// - Parameter attempt: the number of the attempt that failed, from 1.
    func retryDelay(after error: any Error, attempt: Int) -> Duration?
}

extension JobHandler {
    public var steps: [String] { [] }
    public var abilities: JobAbilities { .all }
    public var isBrief: Bool { false }
    public var retention: Duration { JobControl.retention }

    public func undo(_ run: JobRun) async throws {}

    /// After 5 seconds, then after twice as long each time, up to 5 minutes: without end while a server is away or busy,
    /// otherwise up to five attempts.
    public func retryDelay(after error: any Error, attempt: Int) -> Duration? {
        let isAway = (error as? TenancyError).map { Self.passing.contains($0.code) } ?? false
        guard isAway || attempt < 5 else { return nil }
        return JobDelay.after(attempt)
    }

    private static var passing: Set<TenancyError.Code> {
        [.connectionFailed, .serverUnavailable, .busy, .poolTimeout, .overloaded, .shuttingDown, .diskFull]
    }
}
