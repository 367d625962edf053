package import Domain
import PostgresClient

extension Store {
    /// Which of some records were used before, and which of them have the id of another one that was.
    ///
    /// A row from before digests were kept stands for whatever has its id and is not newer than all that was stored by
    /// then: a log that is read again counts nothing twice, and a record of today is scored whatever its id.
    ///
    /// - Parameter keys: of records; the same record of another user is another one.
    /// - Returns: what the database knows of them.
    /// - Throws: `StorageError.database`.
    package func seen(_ keys: [SeenKey]) async throws(StorageError) -> SeenRecords {
        guard !keys.isEmpty else { return SeenRecords() }
        return try await storing {
            let rows = try await session.query(
                """
                with asked as (
                    select vpart, model, record_id, decode(digest, 'hex') as digest, time, place
                    from unnest(\(keys.map { Int64($0.virtualPartition) }), \(keys.map(\.model.name)),
                        \(keys.map(\.record.name)), \(keys.map(\.digest.hexadecimal)),
                        \(keys.map(\.time.milliseconds)))
                    with ordinality as asked (vpart, model, record_id, digest, time, place)
                )
                select place, exists (select from riskd.seen where seen.vpart = asked.vpart
                        and seen.model = asked.model and seen.record_id = asked.record_id
                        and seen.digest = asked.digest)
                    or exists (select from riskd.seen where seen.vpart = asked.vpart
                        and seen.model = asked.model and seen.record_id = asked.record_id and seen.digest = ''
                        and to_timestamp(asked.time / 1000.0) <= (select undigested_until from riskd.pipeline))
                from asked
                where exists (select from riskd.seen where seen.vpart = asked.vpart
                    and seen.model = asked.model and seen.record_id = asked.record_id)
                """
            )
            var known = SeenRecords()
            for row in rows {
                var fields = row.fields
                let key = keys[try fields.next(Int.self) - 1]
                if try fields.next(Bool.self) { known.repeats.insert(key) } else { known.reused.insert(key) }
            }
            return known
        }
    }
}

/// What a record is recognised by when it comes again.
package struct SeenKey: Hashable, Sendable {
    /// The user's virtual partition.
    package let virtualPartition: Int16
    package let model: ModelID
    /// The record's id.
    package let record: RecordID
    /// The digest of its content.
    package let digest: Digest128
    /// Its event time.
    package let time: Timestamp

    /// A record's key.
    package init(_ record: Record) {
        virtualPartition = record.user.virtualPartition
        model = record.model
        self.record = record.id
        digest = record.digest
        time = record.time
    }

    static let columns = ["vpart", "model", "record_id", "digest"]
}

/// What is known of some records.
package struct SeenRecords: Hashable, Sendable {
    /// Those that were used before.
    package var repeats: Set<SeenKey>
    /// Those that were not, but whose id was, with other content.
    package var reused: Set<SeenKey>

    /// Records of which this is known.
    package init(repeats: Set<SeenKey> = [], reused: Set<SeenKey> = []) {
        self.repeats = repeats
        self.reused = reused
    }
}

extension CommitBatch {
    func seenRows() -> CopyRows {
        var rows = CopyRows()
        for record in observations.map(\.record) {
            rows.append { row in
                row.int2(record.user.virtualPartition)
                row.text(record.model.name)
                row.text(record.id.name)
                row.bytes(record.digest.bytes)
            }
        }
        return rows
    }
}
