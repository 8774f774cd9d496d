/// How many items or steps of a job ended, and how.
public struct JobCounts: Sendable, Hashable {
    public var done: Int
    public var failed: Int
    public var skipped: Int

    public init(done: Int = 0, failed: Int = 0, skipped: Int = 0) {
        self.done = done
        self.failed = failed
        self.skipped = skipped
    }

    static func + (left: JobCounts, right: JobCounts) -> JobCounts {
        JobCounts(
            done: left.done + right.done, failed: left.failed + right.failed, skipped: left.skipped + right.skipped)
    }

    public var ended: Int { done + failed + skipped }
}
