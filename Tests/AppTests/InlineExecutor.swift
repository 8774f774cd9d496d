/// Runs each part of a task where it is made ready, so that a new task has come to its first wait when `addTask`
/// returns.
final class InlineExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
    }
}
