internal import Foundation

/// How many files this process may have open.
enum DescriptorLimit {
    /// Raises the soft limit to the hard one, as far as the system lets it.
    /// - Returns: the limit in force afterwards.
    static func raise() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var raised = limit
        // Some systems say "unlimited" here, which no table of descriptors can be.
        raised.rlim_cur = min(limit.rlim_max, 1_048_576)
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(limit.rlim_cur)
    }
}
