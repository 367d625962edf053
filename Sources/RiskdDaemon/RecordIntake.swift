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

/// Makes records of what was read: decodes lines, and drops ids that were met before.
///
/// Confined to the task that calls it.
final class RecordIntake {
    private let pool: WorkerPool
    private let decoder = RecordDecoder()
    private let seen: @Sendable ([SeenKey]) async throws -> Set<SeenKey>
    /// The ids of the last batches, which may not be committed yet.
    private var recent: [Set<SeenKey>] = []

    /// - Parameters:
    ///   - pool: the threads that decode.
    ///   - seen: which of some ids are in the database.
    init(pool: WorkerPool, seen: @escaping @Sendable ([SeenKey]) async throws -> Set<SeenKey>) {
        self.pool = pool
        self.seen = seen
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

    /// The records whose ids were not met before, each once; asked once for each batch.
    ///
    /// - Parameter records: of a batch, in order.
    /// - Returns: those to use.
    /// - Throws: what `seen` throws.
    func withoutRepeats(_ records: [SourcedRecord]) async throws -> [SourcedRecord] {
        let keys = records.map(\.record).map {
            SeenKey(virtualPartition: $0.user.virtualPartition, model: $0.model, record: $0.id)
        }
        var met = recent.reduce(into: Set<SeenKey>()) { $0.formUnion($1) }
        if !keys.isEmpty { met.formUnion(try await seen(keys)) }
        var own: Set<SeenKey> = []
        let fresh = zip(records, keys).filter { !met.contains($1) && own.insert($1).inserted }.map(\.0)
        recent = recent.suffix(Self.uncommittedBatches - 1) + [own]
        return fresh
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
