import Glibc

/// How many files this process may hold open.
package enum OpenFileLimit {
    /// Raises the limit to what the system allows, usually hundreds of times the 1,024 that a shell or a service begins with.
    ///
    /// Every file that was rotated away is held open until it is read to its end, and thousands may be at once. Nothing here
    /// uses `select`, for which low limits are kept.
    ///
    /// - Returns: how many there may be now.
    @discardableResult package static func raise() -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        var raised = limit
        raised.rlim_cur = raised.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 else {
            return UInt64(limit.rlim_cur)
        }
        return UInt64(raised.rlim_cur)
    }
}
