internal import Foundation

/// What the system allows this process.
enum ProcessLimits {
    /// Keeps the system from writing this process's memory, with keys and passwords in it, to a core file.
    ///
    /// With one byte, not none: Linux writes no file of less than a page, and gives no program the core either where
    /// `kernel.core_pattern` names one, which with none it does.
    static func forbidCoreFiles() {
        var none = rlimit(rlim_cur: 1, rlim_max: 1)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Raises the soft limit of open files to the hard one, as far as the system lets it.
    /// - Returns: the limit in force afterwards.
    static func raiseDescriptors() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var raised = limit
        // Some systems say "unlimited" here, which no table of descriptors can be.
        raised.rlim_cur = min(limit.rlim_max, 1_048_576)
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(limit.rlim_cur)
    }
}
