package import Domain

/// Reads lines from files, live or at rest, and knows how far it came.
///
/// Not thread-safe: confine it to one task or actor. It is pull based, so not calling ``poll(maximumItems:maximumBytes:now:)``
/// is what pauses reading; a poll blocks for the length of a few small reads. A follower takes it that every batch
/// is stored before the next one: after a failed store, make a new follower from what the database holds.
package final class FileFollower {
    private let reader: any SourceReader

    /// A follower.
    ///
    /// - Parameters:
    ///   - configuration: which files, and how.
    ///   - known: every source that the database holds, finished ones too, as last stored.
    package init(configuration: FollowerConfiguration, known: [SourceFile]) {
        reader =
            configuration.once
            ? ReplayReader(configuration: configuration, known: known)
            : LiveReader(configuration: configuration, known: known)
    }

    /// Those of `paths` that do not lead to a file that an earlier one leads to.
    ///
    /// - Parameter paths: of files; what cannot be looked at is kept.
    /// - Returns: the paths in their order.
    package static func distinct(_ paths: [String]) -> [String] {
        var met: Set<FileLocator> = []
        return paths.filter { path in
            guard let status = try? FileStatus(path: path) else { return true }
            return met.insert(status.locator).inserted
        }
    }

    /// Reads what is there, without waiting.
    ///
    /// - Parameters:
    ///   - maximumItems: how many items at most, at least 1.
    ///   - maximumBytes: about how many bytes to read or deliver at most; one item may exceed it.
    ///   - now: the instant by which scans and grace periods are timed.
    /// - Returns: a batch; it may be empty.
    /// - Throws: `IngestError` in replay only, once all before it has been returned, and again at each later call.
    package func poll(
        maximumItems: Int,
        maximumBytes: Int,
        now: ContinuousClock.Instant = .now
    ) throws(IngestError) -> IngestBatch {
        try reader.poll(maximumItems: max(1, maximumItems), maximumBytes: max(1, maximumBytes), now: now)
    }

    /// How many bytes of the files have been read, and how many there are, as of the last poll.
    ///
    /// In bytes of the files themselves, compressed where they are; followed files count while they are live, so
    /// the difference is the lag. The total is nil before the first poll.
    package var progress: (read: Int64, total: Int64?) { reader.progress }
}

/// Reads sources in one of two ways.
protocol SourceReader: AnyObject {
    var progress: (read: Int64, total: Int64?) { get }

    func poll(
        maximumItems: Int,
        maximumBytes: Int,
        now: ContinuousClock.Instant
    ) throws(IngestError) -> IngestBatch
}
