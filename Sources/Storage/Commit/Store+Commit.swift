import Domain
import PostgresClient

extension Store {
    /// Days that are younger are never deleted by a rule of retention.
    private static let deletable = Duration.seconds(28 * 86_400)

    /// What became of a commit whose answer was lost.
    package enum Outcome: Hashable, Sendable {
        /// It is durable.
        case committed
        /// Nothing of it was written: send the same batch again.
        case notCommitted
        /// Another writer has taken over.
        case fenced
    }

    /// Makes a batch durable, all or nothing, unless another writer was faster.
    ///
    /// - Parameters:
    ///   - batch: what to write.
    ///   - onNewDay: called for each day of a table that is made room for, which takes a moment.
    /// - Throws: `StorageError.fenced` or `.rewound` when the database is not where the batch expects it; `.outcomeUnknown` when
    ///   the connection broke during COMMIT; `.notOwner`; `.database`. Unless the outcome is unknown nothing was
    ///   written.
    package func commit(
        _ batch: CommitBatch,
        onNewDay: @escaping @Sendable () -> Void = {}
    ) async throws(StorageError) {
        guard let owner, let tickMilliseconds else { throw .notOwner }
        let facts = batch.facts(tickMilliseconds: tickMilliseconds)
        // Old days may have been deleted by somebody else since they were last written to.
        let kept = (batch.received - Self.deletable).day
        let missing = facts.reduce(into: Set<Partition>()) { $0.formUnion($1.partitions) }.filter {
            $0.day < kept || !partitions.contains($0)
        }
        let tracks = TrackRows(batch.tracks)
        let seen = batch.seenRows()
        let campaigns = CampaignRows(batch.campaigns)
        let alerts = try AlertRows(batch)
        try await storing {
            try await session.transaction { session in
                try Self.fence(session, batch, owner)
                for source in batch.sources { try Self.write(session, source) }
                for partition in missing.sorted() where try partition.ensure(session) { onNewDay() }
                for fact in facts {
                    try session.copy(into: "riskd." + fact.table, columns: fact.columns, rows: fact.rows)
                }
                try session.copy(into: "riskd.seen", columns: SeenKey.columns, rows: seen)
                try SourceProgress.write(session, batch.sourceProgress, forgotten: batch.forgottenSources)
                try Self.delete(session, batch.evicted)
                try tracks.upsert(session)
                try StoredWindow.write(session, batch.historyWindows, forgotten: batch.forgottenModels)
                try campaigns.upsert(session)
                try alerts.write(session)
                try batch.coverage.write(session)
                for change in batch.healthChanges {
                    try Self.write(session, change, tickMilliseconds: tickMilliseconds)
                }
                if let time = batch.clockAdvance {
                    try session.run(
                        """
                        insert into riskd.clock_advance (batch, after_sequence, watermark)
                        values (\(batch.expectedBatch + 1), \(batch.sequence), \(time.postgres))
                        """
                    )
                }
            }
        }
        partitions.formUnion(missing)
    }

    /// First of all, so that a stale writer finds out before it sends anything and waits for nobody.
    private static func fence(
        _ session: isolated PostgresSession,
        _ batch: CommitBatch,
        _ owner: String
    ) throws {
        let count = try session.run(
            """
            update riskd.pipeline set batch = batch + 1, sequence = \(batch.sequence),
                watermark = \(batch.watermark?.postgres), last_closed_tick = \(batch.lastClosedTick?.index),
                next_sample_id = \(batch.nextSampleID)
            where batch = \(batch.expectedBatch) and owner = \(owner)
                and pg_backend_pid() = \(Int64(session.serverProcess))
            """
        )
        guard count == 1 else { throw try reason(session, batch.expectedBatch, owner) }
    }

    /// Why the database is not where a batch expects it.
    private static func reason(
        _ session: isolated PostgresSession,
        _ expected: Int64,
        _ owner: String
    ) throws -> StorageError {
        // A pool may have come between, or changed its mode, since the session began.
        try session.requireOwnSession()
        guard let row = try session.query("select batch, owner from riskd.pipeline").first else {
            return .fenced
        }
        var fields = row.fields
        let batch = try fields.next(Int64.self)
        guard try fields.next(String?.self) == owner, batch < expected else { return .fenced }
        return .rewound(batches: expected - batch)
    }

    private static func write(
        _ session: isolated PostgresSession,
        _ update: CommitBatch.SourceUpdate
    ) throws {
        let file = update.file
        let position = file.position
        let device = Int64(bitPattern: file.device)
        let inode = Int64(bitPattern: file.inode)
        let count: Int
        if let expected = update.expectedOffset {
            count = try session.run(
                """
                update riskd.source_file set path = \(file.path), device = \(device), inode = \(inode),
                    prefix_length = \(file.prefixLength), prefix_digest = \(file.prefixDigest),
                    position_offset = \(position.offset), guard_length = \(position.guardLength),
                    guard_digest = \(position.guardDigest), lines = \(position.lines),
                    finished = \(position.isFinished), updated = now(), known_size = \(file.knownSize),
                    modified = \(file.modified), place = \(file.place), lost_bytes = \(file.lostBytes)
                where id = \(file.id) and position_offset = \(expected)
                """
            )
        } else {
            count = try session.run(
                """
                insert into riskd.source_file values (\(file.id), \(file.path), \(device), \(inode),
                    \(file.prefixLength), \(file.prefixDigest), \(position.offset), \(position.guardLength),
                    \(position.guardDigest), \(position.lines), \(position.isFinished), now(), \(file.knownSize),
                    \(file.modified), \(file.place), \(file.lostBytes))
                on conflict do nothing
                """
            )
        }
        guard count == 1 else { throw StorageError.fenced }
    }

    private static func delete(_ session: isolated PostgresSession, _ keys: [StoredTrack.Key]) throws {
        guard !keys.isEmpty else { return }
        try session.run(
            """
            delete from riskd.track using unnest(
                \(keys.map { Int64($0.entity.virtualPartition) })::bigint[], \(keys.map(\.entity.kind)),
                \(keys.map { $0.entity.model?.name ?? "" }), \(keys.map(\.entity.name)),
                \(keys.map(\.isRollup))
            ) as gone (vpart, kind, model, entity_name, rollup)
            where track.vpart = gone.vpart and track.kind = gone.kind and track.model = gone.model
                and track.entity_name = gone.entity_name and track.rollup = gone.rollup
            """
        )
    }

    /// What became of a batch after ``StorageError/outcomeUnknown(_:)``; reconnects where needed.
    ///
    /// - Parameter expectedBatch: the batch's fence.
    /// - Returns: what became of it.
    /// - Throws: `StorageError.rewound` when the database has not even got the batches before it; another `StorageError`
    ///   when it still cannot be asked: ask again.
    package func outcome(of expectedBatch: Int64) async throws(StorageError) -> Outcome {
        guard let owner else { throw .notOwner }
        do throws(StorageError) {
            if await !session.isBroken {
                do throws(StorageError) {
                    return try await readOutcome(of: expectedBatch, owner)
                } catch {
                    // A connection may turn out to be broken only when it is used.
                    guard await session.isBroken else { throw error }
                }
            }
            try await reconnect()
        } catch .fenced {
            return .fenced
        }
        return try await readOutcome(of: expectedBatch, owner)
    }

    private func readOutcome(of expected: Int64, _ owner: String) async throws(StorageError) -> Outcome {
        try await storing {
            try await session.transaction { session in
                // The lock waits for a COMMIT that is still under way on the other end of the lost connection.
                let rows = try session.query("select batch, owner from riskd.pipeline for update")
                guard let row = rows.first else { throw StorageError.corrupt("pipeline has no row") }
                var fields = row.fields
                let batch = try fields.next(Int64.self)
                guard try fields.next(String?.self) == owner else { return .fenced }
                if batch == expected { return .notCommitted }
                guard batch > expected else { throw StorageError.rewound(batches: expected - batch) }
                return batch == expected + 1 ? .committed : .fenced
            }
        }
    }
}
