internal import Foundation

/// Starts operating system threads and reports failure to start one, which Foundation's `Thread` does not.
enum SystemThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// - Parameters:
    ///   - name: the thread's name in a debugger; cut to 15 bytes.
    ///   - niceness: the thread's niceness, from 0 to 19, see nice(2).
    /// - Returns: false if the system could not start a thread; the body then does not run.
    static func start(
        name: String, stackSize: Int, niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void
    ) -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let context = Unmanaged.passRetained(
            Body {
                nameCurrentThread(name)
                // On Linux, niceness is per thread. If it cannot be set, the thread keeps the default.
                if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
                body()
            })
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        if code != 0 { context.release() }
        return code == 0
    }

    /// Sets the thread's name as ps and top show it, if the kernel allows.
    private static func nameCurrentThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let bytes = Array(name.utf8)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}
