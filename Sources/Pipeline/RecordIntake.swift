package import Domain
import Ingest
import Runtime
import Storage

/// A record, and the file that it was read from.
package struct SourcedRecord: Sendable {
    package let record: Record
    /// The source's durable id.
    let source: String
    package let path: String
}

/// A line that was read, in the order of reading, and what became of it.
package struct ReadLine: Sendable {
    enum Fate: Sendable {
        /// The number of the dead letter among those of the batch, and how far ahead of the clock it was, if that is why.
        case dead(Int, lead: Duration?)
        /// The number of the record among those that were decoded.
        case record(Int)
    }

    /// The source's durable id.
    let source: String
    package let path: String
    let offset: Int64
    let fate: Fate
    /// Its model and user, where they can be read.
    package let model: ModelID?
    let user: UserID?
}

/// What lines say.
package struct DecodedLines: Sendable {
    /// What they are, in order.
    package var lines: [ReadLine] = []
    /// Records, in order.
    var records: [SourcedRecord] = []
    /// Lines that cannot be used, in order.
    var deadLetters: [DeadLetter] = []
    /// Which of them are of a later time.
    var future: [FutureRecord] = []

    fileprivate mutating func add(
        _ letter: DeadLetter,
        _ model: ModelID?,
        _ user: UserID?,
        lead: Duration? = nil
    ) {
        lines.append(
            ReadLine(
                source: letter.source,
                path: letter.path,
                offset: letter.offset,
                fate: .dead(deadLetters.count, lead: lead),
                model: model,
                user: user
            )
        )
        deadLetters.append(letter)
    }

    fileprivate mutating func add(_ record: Record, _ line: RawLine) {
        lines.append(
            ReadLine(
                source: line.source,
                path: line.path,
                offset: line.offset,
                fate: .record(records.count),
                model: record.model,
                user: record.user
            )
        )
        records.append(SourcedRecord(record: record, source: line.source, path: line.path))
    }
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
    ///   - now: the clock that these are ahead of.
    /// - Returns: what they say.
    func decode(_ items: [IngestItem], latest: Timestamp?, now: Timestamp?) async -> DecodedLines {
        // Small pieces, so that one worker is not left with all the long lines.
        let size = 16
        let pieces = await pool.map(count: (items.count + size - 1) / size) { [decoder] piece in
            items[piece * size..<min(items.count, (piece + 1) * size)].map { decoder.decode($0) }
        }
        var decoded = DecodedLines()
        for (item, result) in zip(items, pieces.joined()) {
            switch (item, result) {
            case (.unusable(let letter), _):
                let names = ReadableNames(letter.text)
                decoded.add(letter, names.model, names.user)
            case (.line, nil): preconditionFailure("a line was not decoded")
            case (.line(let line), .rejected(let rejection)):
                let names = ReadableNames(line.bytes)
                decoded.add(DeadLetter(line, rejection), names.model, names.user)
            case (.line(let line), .record(let record)):
                guard let latest, record.time > latest else {
                    decoded.add(record, line)
                    continue
                }
                let lead = record.time.milliseconds - (now ?? latest).milliseconds
                let letter = DeadLetter(line, Rejection(.timeInFuture, "/time"))
                decoded.add(letter, record.model, record.user, lead: .milliseconds(lead))
                decoded.future.append(FutureRecord(path: line.path, time: record.time))
            }
        }
        return decoded
    }

    /// The records that were not met before, each once; asked once for each batch.
    ///
    /// Only the same record is a repeat: an id and a content. Ids come from callers, and counters start again, so another
    /// content under a known id is another record, and told.
    ///
    /// - Parameter records: of a batch, in order.
    /// - Returns: those to use, which of the records these are, and those of them whose id another content had.
    /// - Throws: what `seen` throws.
    func withoutRepeats(
        _ records: [SourcedRecord]
    ) async throws -> (fresh: [SourcedRecord], isFresh: [Bool], reusedIDs: [Record]) {
        let keys = records.map { SeenKey($0.record) }
        let known = keys.isEmpty ? SeenRecords() : try await seen(keys)
        var own = MetRecords()
        var fresh: [SourcedRecord] = []
        var isFresh = [Bool](repeating: false, count: records.count)
        var reused: [Record] = []
        for (place, (read, key)) in zip(records, keys).enumerated() {
            guard !known.repeats.contains(key), !recent.contains(where: { $0.holds(key) }), own.add(key)
            else {
                continue
            }
            fresh.append(read)
            isFresh[place] = true
            let isReused =
                known.reused.contains(key) || own.count(of: key) > 1
                || recent.contains { $0.count(of: key) > 0 }
            if isReused { reused.append(read.record) }
        }
        recent = recent.suffix(Self.uncommittedBatches - 1) + [own]
        return (fresh, isFresh, reused)
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
