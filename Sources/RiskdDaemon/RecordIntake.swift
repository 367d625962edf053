package import Domain
import Ingest
import Runtime
import Storage

/// A record, and the file that it was read from.
struct SourcedRecord: Sendable {
    let record: Record
    /// The source's durable id.
    let source: String
    let path: String
}

/// A record that was refused because it is too far ahead of the clock.
package struct FutureRecord: Sendable {
    package let path: String
    package let time: Timestamp
}

/// Makes records of what was read: decodes lines, and drops records that were met before.
///
/// Confined to the task that calls it.
final class RecordIntake {
    private let pool: WorkerPool
    private let decoder: RecordDecoder
    private let seen: @Sendable ([SeenKey]) async throws -> SeenRecords
    /// The records of the last batches, which may not be committed yet.
    private var recent: [MetRecords] = []

    /// - Parameters:
    ///   - pool: the threads that decode.
    ///   - zone: of times that name none.
    ///   - names: what models are called.
    ///   - seen: what the database knows of some records.
    init(
        pool: WorkerPool,
        zone: LogZone = .utc,
        names: ModelNames = ModelNames(),
        seen: @escaping @Sendable ([SeenKey]) async throws -> SeenRecords
    ) {
        self.pool = pool
        self.seen = seen
        decoder = RecordDecoder(zone: zone, names: names)
    }

    /// What the lines say, in order; what cannot be used becomes a dead letter.
    ///
    /// - Parameters:
    ///   - items: lines, and what is known to be unusable.
    ///   - latest: records of a later time are dead letters; nil accepts any time.
    /// - Returns: both, in order, and which dead letters are of a later time.
    func decode(
        _ items: [IngestItem],
        latest: Timestamp?
    ) async -> (records: [SourcedRecord], deadLetters: [DeadLetter], future: [FutureRecord]) {
        // Small pieces, so that one worker is not left with all the long lines.
        let size = 16
        let pieces = await pool.map(count: (items.count + size - 1) / size) { [decoder] piece in
            items[piece * size..<min(items.count, (piece + 1) * size)].map { decoder.decode($0) }
        }
        var records: [SourcedRecord] = []
        var future: [FutureRecord] = []
        var deadLetters: [DeadLetter] = []
        for (item, result) in zip(items, pieces.joined()) {
            switch (item, result) {
            case (.unusable(let letter), _): deadLetters.append(letter)
            case (.line, nil): preconditionFailure("a line was not decoded")
            case (.line(let line), .rejected(let rejection)): deadLetters.append(DeadLetter(line, rejection))
            case (.line(let line), .record(let record)):
                if let latest, record.time > latest {
                    deadLetters.append(DeadLetter(line, Rejection(.timeInFuture, "/time")))
                    future.append(FutureRecord(path: line.path, time: record.time))
                } else {
                    records.append(SourcedRecord(record: record, source: line.source, path: line.path))
                }
            }
        }
        return (records, deadLetters, future)
    }

    /// The records that were not met before, each once; asked once for each batch.
    ///
    /// Only the same record is a repeat: an id and a content. Ids come from callers, and counters start again, so another
    /// content under a known id is another record, and told.
    ///
    /// - Parameter records: of a batch, in order.
    /// - Returns: those to use, and those of them whose id another content had.
    /// - Throws: what `seen` throws.
    func withoutRepeats(
        _ records: [SourcedRecord]
    ) async throws -> (fresh: [SourcedRecord], reusedIDs: [Record]) {
        let keys = records.map { SeenKey($0.record) }
        let known = keys.isEmpty ? SeenRecords() : try await seen(keys)
        var own = MetRecords()
        var fresh: [SourcedRecord] = []
        var reused: [Record] = []
        for (read, key) in zip(records, keys) {
            guard !known.repeats.contains(key), !recent.contains(where: { $0.holds(key) }), own.add(key)
            else {
                continue
            }
            fresh.append(read)
            let isReused =
                known.reused.contains(key) || own.count(of: key) > 1
                || recent.contains { $0.count(of: key) > 0 }
            if isReused { reused.append(read.record) }
        }
        recent = recent.suffix(Self.uncommittedBatches - 1) + [own]
        return (fresh, reused)
    }

    /// Batches that may be on their way to the database: one sent, one being committed, one done since `seen` looked.
    private static let uncommittedBatches = 3
}

extension RecordDecoder {
    /// What became of an item; an unusable one stays what it is.
    fileprivate func decode(_ item: IngestItem) -> DecodeResult? {
        if case .line(let line) = item { decode(line) } else { nil }
    }
}

/// Records of one batch, by what they are recognised by.
private struct MetRecords {
    private struct Name: Hashable {
        let virtualPartition: Int16
        let model: ModelID
        let record: RecordID

        init(_ key: SeenKey) {
            (virtualPartition, model, record) = (key.virtualPartition, key.model, key.record)
        }
    }

    private var keys: Set<SeenKey> = []
    private var names: [Name: Int] = [:]

    func holds(_ key: SeenKey) -> Bool { keys.contains(key) }

    /// How many contents have the id of `key`.
    func count(of key: SeenKey) -> Int { names[Name(key)] ?? 0 }

    /// Whether `key` is new.
    mutating func add(_ key: SeenKey) -> Bool {
        guard keys.insert(key).inserted else { return false }
        names[Name(key), default: 0] += 1
        return true
    }
}
