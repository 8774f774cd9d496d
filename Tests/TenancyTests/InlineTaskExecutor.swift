/// Runs each part of a task where it is made ready, so that a new task runs up to its first wait before `addTask`
/// returns.
final class InlineTaskExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
    }
}
