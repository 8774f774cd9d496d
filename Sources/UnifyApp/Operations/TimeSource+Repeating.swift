internal import ServiceLifecycle
internal import Tenancy

extension TimeSource {
    /// Does something again and again, with a pause before each time, until the task is cancelled or the server shuts down.
    func repeatedly(after pause: Duration, _ body: @escaping @Sendable () async -> Void) async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // Cancelled while it sleeps: the loop's condition ends it.
                try? await sleep(for: pause)
                if !Task.isCancelled { await body() }
            }
        }
    }
}
