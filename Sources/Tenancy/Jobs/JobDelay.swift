/// The time between two attempts of a job.
enum JobDelay {
    static let first: Duration = .seconds(5)
    static let longest: Duration = .seconds(300)

    /// Twice as long after each attempt.
    static func after(_ attempt: Int) -> Duration { min(first * (1 << min(max(attempt - 1, 0), 10)), longest) }
}
