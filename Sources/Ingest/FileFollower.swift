package import Domain
import Runtime

/// Reads lines from files, live or at rest, and knows how far it came.
///
/// Any thread may call it, one at a time does something. It is pull based, so not calling ``poll(maximumItems:maximumBytes:now:)``
/// is what pauses reading; a poll blocks for the length of a few small reads. A follower takes it that every batch
/// is stored before the next one: after a failed store, make a new follower from what the database holds.
///
/// Unchecked: the reader is used under the lock alone.
package final class FileFollower: @unchecked Sendable {
    private let reader: any SourceReader
    private let lock = Locked(())

    /// A follower.
    ///
    /// - Parameters:
    ///   - configuration: which files, and how.
    ///   - known: every source that the database holds, finished ones too, as last stored.
    ///   - onStep: called now and then while many files are looked at, which may take long.
    package init(
        configuration: FollowerConfiguration,
        known: [SourceFile],
        onStep: @escaping @Sendable () -> Void = {}
    ) {
        reader =
            configuration.once
            ? ReplayReader(configuration: configuration, known: known)
            : LiveReader(configuration: configuration, known: known, onStep: onStep)
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

    /// Those of `paths` that cannot be followed because something else than a log file is there.
    ///
    /// - Parameter paths: paths and globs, as configured.
    /// - Returns: for each that is unfit, what is wrong with it and what to do, in words.
    package static func unfit(_ paths: [String]) -> [String] {
        let patterns = PathPatterns(patterns: paths)
        return paths.compactMap { pattern in
            let found = patterns.matches(of: pattern).compactMap { path in
                (try? FileStatus(path: path)).map { (path: path, status: $0) }
            }
            guard let first = found.first,
                !found.contains(where: { $0.status.isRegular && !isArchive(path: $0.path) })
            else { return nil }
            let rest =
                found.count > 1 ? ", and so are \(found.count - 1) others that \(pattern) leads to" : ""
            return "\(first.path) is \(first.status.kind)\(rest)"
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
        try lock.withLock { _ throws(IngestError) in
            try reader.poll(maximumItems: max(1, maximumItems), maximumBytes: max(1, maximumBytes), now: now)
        }
    }

    /// Looks at the paths without reading, and holds open what is rotated away: for while nobody can take what would be read.
    ///
    /// What it finds is told by the next poll. It never waits for one: who reads looks as well, and whoever waited meanwhile would keep one of
    /// few threads from everybody else.
    ///
    /// - Parameter now: the instant by which scans are timed.
    /// - Returns: whether it looked; false while somebody reads.
    @discardableResult package func look(now: ContinuousClock.Instant = .now) -> Bool {
        lock.withLockIfAvailable { _ in reader.look(now: now) } != nil
    }

    /// How many bytes of the files have been read, and how many there are, as of the last poll.
    ///
    /// In bytes of the files themselves, compressed where they are; followed files count while they are live, so
    /// the difference is the lag. The total is nil before the first poll.
    package var progress: (read: Int64, total: Int64?) {
        lock.withLock { _ in reader.progress }
    }
}

/// Reads sources in one of two ways.
protocol SourceReader: AnyObject {
    var progress: (read: Int64, total: Int64?) { get }

    func look(now: ContinuousClock.Instant)

    func poll(
        maximumItems: Int,
        maximumBytes: Int,
        now: ContinuousClock.Instant
    ) throws(IngestError) -> IngestBatch
}

extension SourceReader {
    /// Recorded logs stay where they are.
    func look(now: ContinuousClock.Instant) {}
}
