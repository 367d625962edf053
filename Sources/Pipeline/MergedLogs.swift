import Domain
package import Ingest
package import Runtime

/// Where lines come from: followed files, or recorded logs.
package protocol LineSource: AnyObject {
    /// What is there now; nothing, at once, when nothing is.
    ///
    /// - Parameters:
    ///   - maximumItems: lines and dead letters, at least 1.
    ///   - maximumBytes: of lines; passed over by the line that reaches it.
    /// - Returns: lines in order, with the sources' new positions.
    /// - Throws: `IngestError` when a recorded log is damaged.
    func next(maximumItems: Int, maximumBytes: Int) throws(IngestError) -> IngestBatch

    /// Looks at what is there without reading, from another task; nil where nothing can change.
    var lookout: (@Sendable () -> Void)? { get }
}

extension LineSource {
    package var lookout: (@Sendable () -> Void)? { nil }
}

/// Several recorded logs, read as one in the order of their records' times.
///
/// Each log keeps its own order; of records with one time, those of the log named first come first. Without this, a
/// second log of the same hours would be late as a whole. A log's turn comes with the earliest of its next lines
/// (``Lookahead``).
package final class MergedLogs: LineSource {
    private var logs: [Log]
    private let decoder: RecordDecoder

    private struct Log {
        let follower: FileFollower
        /// What was read ahead, a line each.
        var waiting: [IngestBatch] = []
        var lookahead = Lookahead()
        var isAtEnd = false

        var key: Int64 { lookahead.key?.milliseconds ?? .min }
    }

    /// Bytes read so far and in all, compressed where the logs are.
    package var progress: (read: Int64, total: Int64?) {
        logs.reduce((0, 0)) { sum, log in
            let part = log.follower.progress
            return (sum.read + part.read, sum.total.flatMap { all in part.total.map { all + $0 } })
        }
    }

    /// Merges `followers`, each of which reads one log.
    ///
    /// - Parameters:
    ///   - followers: each of one log.
    ///   - zone: of times that name none.
    package init(_ followers: [FileFollower], zone: LogZone = .utc) {
        logs = followers.map { Log(follower: $0) }
        decoder = RecordDecoder(zone: zone)
    }

    package func next(
        maximumItems: Int,
        maximumBytes: Int
    ) throws(IngestError) -> IngestBatch {
        var merged = IngestBatch()
        while merged.items.count < maximumItems, merged.bytesRead < maximumBytes {
            for index in logs.indices { try lookAhead(in: &logs[index], &merged) }
            guard let first = logs.indices.filter({ !logs[$0].waiting.isEmpty }).min(by: precedes) else {
                break
            }
            merged.append(logs[first].waiting.removeFirst())
            logs[first].lookahead.removeFirst()
        }
        merged.isCaughtUp = logs.allSatisfy { $0.isAtEnd && $0.waiting.isEmpty }
        return merged
    }

    private func lookAhead(in log: inout Log, _ merged: inout IngestBatch) throws(IngestError) {
        while !log.isAtEnd, !log.lookahead.isFull {
            let batch: IngestBatch
            do throws(IngestError) {
                batch = try log.follower.poll(maximumItems: 1, maximumBytes: .max)
            } catch {
                // It is thrown again once everything before it is returned.
                guard log.waiting.isEmpty else { return }
                throw error
            }
            guard let item = batch.items.first else {
                // The position at the end is that after the last line: it goes with that.
                if let last = log.waiting.indices.last {
                    log.waiting[last].append(batch)
                } else {
                    merged.append(batch)
                }
                log.isAtEnd = batch.isCaughtUp
                continue
            }
            var (size, time) = (0, Timestamp?.none)
            if case .line(let line) = item { (size, time) = (line.bytes.count, decoder.time(of: line)) }
            log.waiting.append(batch)
            log.lookahead.append(size: size, time: time)
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (logs[left].key, left) < (logs[right].key, right)
    }
}

extension IngestBatch {
    /// Adds what was read after this.
    package mutating func append(_ later: IngestBatch) {
        items += later.items
        bytesRead += later.bytesRead
        blankLines += later.blankLines
        nulBytes += later.nulBytes
        notices += later.notices
        losses += later.losses
        isCaughtUp = later.isCaughtUp
        unreadableFiles = later.unreadableFiles
        unfitPaths = later.unfitPaths
        guard !later.sources.isEmpty else { return }
        let places = Dictionary(uniqueKeysWithValues: sources.indices.map { (sources[$0].file.id, $0) })
        for change in later.sources {
            if let index = places[change.file.id] {
                sources[index] = SourceChange(
                    file: change.file,
                    expectedOffset: sources[index].expectedOffset
                )
            } else {
                sources.append(change)
            }
        }
    }
}

extension FileFollower: LineSource {
    package func next(maximumItems: Int, maximumBytes: Int) throws(IngestError) -> IngestBatch {
        try poll(maximumItems: maximumItems, maximumBytes: maximumBytes)
    }

    package var lookout: (@Sendable () -> Void)? { { self.look() } }
}
