package import Runtime

/// Which files are read, and how.
package struct FollowerConfiguration: Hashable, Sendable {
    /// Paths or globs (`*`, `?`, `[…]`); a path that exists is never taken for a glob.
    package var paths: [String]
    /// The longest line, in bytes without its terminator.
    package var maximumLineBytes: Int
    /// How long a file that was rotated away must have been idle before it is given up.
    package var rotatedGrace: Duration
    /// How often the paths are looked at for new, renamed and vanished files.
    package var scanInterval: Duration
    /// How many files are kept open at most; files that are rotated away are kept open beyond it.
    package var maximumOpenFiles: Int
    /// Replay: reads the files in order to their ends, archives too, and does not wait for more.
    package var once: Bool
    /// The zone of times that name none: lines of several files are merged by their times.
    package var timeZone: LogZone

    /// A configuration.
    ///
    /// - Precondition: `maximumLineBytes > 0`, `maximumOpenFiles > 0`.
    package init(
        paths: [String],
        maximumLineBytes: Int = 64 << 20,
        rotatedGrace: Duration = .seconds(5),
        scanInterval: Duration = .milliseconds(100),
        maximumOpenFiles: Int = 256,
        once: Bool = false,
        timeZone: LogZone = .utc
    ) {
        precondition(maximumLineBytes > 0 && maximumOpenFiles > 0)
        self.paths = paths
        self.maximumLineBytes = maximumLineBytes
        self.rotatedGrace = rotatedGrace
        self.scanInterval = scanInterval
        self.maximumOpenFiles = maximumOpenFiles
        self.once = once
        self.timeZone = timeZone
    }
}
