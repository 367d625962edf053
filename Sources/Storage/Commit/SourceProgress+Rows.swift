package import Domain
import PostgresClient

extension SourceProgress {
    static func write(
        _ session: isolated PostgresSession,
        _ changed: [SourceProgress],
        forgotten: [String]
    ) throws {
        for progress in changed {
            try session.run(
                """
                insert into riskd.source_progress (source, records, reached, front, run, claim_callers, claim_times,
                    claim_sequences, claim_ahead)
                values (\(progress.source), \(progress.records), \(progress.reached?.postgres), \(progress.front?.postgres),
                    \(progress.run),
                    \(progress.claims.map(\.caller)), \(progress.claims.map(\.time.milliseconds)),
                    \(progress.claims.map(\.sequence)), \(progress.claims.map(\.isAhead)))
                on conflict (source) do update set records = excluded.records, reached = excluded.reached, front = excluded.front,
                    run = excluded.run, claim_callers = excluded.claim_callers, claim_times = excluded.claim_times,
                    claim_sequences = excluded.claim_sequences, claim_ahead = excluded.claim_ahead
                """
            )
        }
        guard !forgotten.isEmpty else { return }
        try session.run("delete from riskd.source_progress where source = any(\(forgotten))")
    }
}

extension Store {
    /// How far busy sources have come in event time, ordered by id.
    ///
    /// - Returns: the sources' progress.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func sourceProgress() async throws(StorageError) -> [SourceProgress] {
        try await storing {
            try await session.query(
                """
                select source, records, reached, front, run, claim_callers, claim_times, claim_sequences, claim_ahead
                from riskd.source_progress order by source
                """
            ).map { row in
                var fields = row.fields
                var progress = SourceProgress(
                    source: try fields.next(),
                    records: try fields.next(),
                    reached: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                    front: try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
                )
                progress.run = try fields.next()
                let callers = try fields.next([Int64].self)
                let times = try fields.next([Int64].self)
                let sequences = try fields.next([Int64].self)
                let ahead = try fields.next([Bool].self)
                guard Set([callers.count, times.count, sequences.count, ahead.count]).count == 1 else {
                    throw StorageError.corrupt("a source's claims are not parallel")
                }
                progress.claims = callers.indices.map {
                    SourceProgress.Claim(
                        caller: callers[$0],
                        time: Timestamp(milliseconds: times[$0]),
                        sequence: sequences[$0],
                        isAhead: ahead[$0]
                    )
                }
                return progress
            }
        }
    }
}
