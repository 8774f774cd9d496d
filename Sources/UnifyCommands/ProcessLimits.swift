internal import Foundation

/// The system's limits on this process.
enum ProcessLimits {
    /// Prevents core files, which would contain the process's memory with keys and passwords.
    ///
    /// The limit is one byte and not zero: Linux writes no file of less than a page, and with one byte it also starts
    /// no `kernel.core_pattern` program, which it would with zero.
    static func forbidCoreFiles() {
        var none = rlimit(rlim_cur: 1, rlim_max: 1)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Raises the soft limit of open files to the hard one, as far as the system allows.
    /// - Returns: the limit in force afterwards.
    static func raiseDescriptors() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var raised = limit
        // Some systems report "unlimited", which no descriptor table can be.
        raised.rlim_cur = min(limit.rlim_max, 1_048_576)
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(limit.rlim_cur)
    }
}
