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
}

/// Several recorded logs, read as one in the order of their records' times.
///
/// Each log keeps its own order; of records with one time, those of the log named first come first. Without this, a
/// second log of the same hours would be late as a whole.
package final class MergedLogs: LineSource {
    private var logs: [Log]
    private let decoder: RecordDecoder

    private struct Log {
        let follower: FileFollower
        var head: (batch: IngestBatch, time: Int64)?
        var isAtEnd = false
        var lastTime = Int64.min
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
            for index in logs.indices where logs[index].head == nil && !logs[index].isAtEnd {
                let batch = try logs[index].follower.poll(maximumItems: 1, maximumBytes: .max)
                guard let item = batch.items.first else {
                    merged.append(batch)
                    logs[index].isAtEnd = batch.isCaughtUp
                    continue
                }
                if case .line(let line) = item, let time = time(of: line) {
                    logs[index].lastTime = time.milliseconds
                }
                logs[index].head = (batch, logs[index].lastTime)
            }
            guard let first = logs.indices.filter({ logs[$0].head != nil }).min(by: precedes),
                let batch = logs[first].head?.batch
            else { break }
            merged.append(batch)
            logs[first].head = nil
        }
        merged.isCaughtUp = logs.allSatisfy { $0.isAtEnd && $0.head == nil }
        return merged
    }

    /// The record's time, found without decoding the rest where that is possible; nil for a line that holds no record.
    private func time(of line: RawLine) -> Timestamp? {
        if let time = RiskdDaemon.time(of: line.bytes) { return time }
        guard case .record(let record) = decoder.decode(line) else { return nil }
        return record.time
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (logs[left].head?.time ?? .max, left) < (logs[right].head?.time ?? .max, right)
    }
}

extension IngestBatch {
    /// Adds what was read after this.
    mutating func append(_ later: IngestBatch) {
        items += later.items
        bytesRead += later.bytesRead
        blankLines += later.blankLines
        nulBytes += later.nulBytes
        notices += later.notices
        isCaughtUp = later.isCaughtUp
        unreadableFiles = later.unreadableFiles
        for change in later.sources {
            if let index = sources.firstIndex(where: { $0.file.id == change.file.id }) {
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
}
