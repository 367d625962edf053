package import Domain
import PostgresClient

/// How far samples are summarised.
struct SummaryEnd: Sendable {
    /// All samples up to this one are in summaries.
    let lastSample: Int64
    /// All hours before this one are; nil: none.
    let end: Timestamp?
    /// Before this only summaries by the hour are kept; nil: everything is.
    let minutesFrom: Timestamp?

    fileprivate init(_ row: PostgresRow?) throws {
        guard var fields = row?.fields else { throw StorageError.corrupt("sample_summary_end has no row") }
        lastSample = try fields.next()
        end = try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
        minutesFrom = try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
    }
}

extension Store {
    /// Summarises the next hour that has samples, if it is over: no later tick can have a sample in it.
    ///
    /// - Returns: the hour's end; nil when there is none yet.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func summariseSamples() async throws(StorageError) -> Timestamp? {
        try await storing {
            // Mostly nothing is due, and a look needs no transaction.
            guard try await Self.nextHour(session, after: summaryEnd()) != nil else { return nil }
            return try await session.transaction { session in
                // One at a time: an hour must not be summarised twice.
                let known = try SummaryEnd(
                    session.query("\(unsafeSQL: Self.endQuestion) for update").first
                )
                guard let (begin, end) = try Self.nextHour(session, after: known) else { return nil }
                try session.run(
                    """
                    with minute as (
                        insert into riskd.sample_summary
                        select entity_name, model, entity_kind, 60, date_bin('1 minute', time, 'epoch') as begins,
                            min(score), max(score), max(id), (max(array[id, score]))[2], max(level), count(*), sum(queries)
                        from riskd.sample
                        where time >= \(begin.postgres) and time < \(end.postgres) and id > \(known.lastSample)
                        group by entity_name, model, entity_kind, begins
                        returning *
                    ), hour as (
                        insert into riskd.sample_summary
                        select entity_name, model, entity_kind, 3600, \(begin.postgres)::timestamptz,
                            min(minimum), max(maximum), max(last_sample), (max(array[last_sample, last_score]))[2],
                            max(level), sum(samples), sum(queries)
                        from minute group by entity_name, model, entity_kind
                        returning last_sample
                    )
                    update riskd.sample_summary_end
                    set last_sample = (select max(last_sample) from hour), ends = \(end.postgres)
                    """
                )
                return end
            }
        }
    }

    /// The next hour that has samples, if it is over.
    private static func nextHour(
        _ session: isolated PostgresSession,
        after known: SummaryEnd
    ) throws -> (begin: Timestamp, end: Timestamp)? {
        let row = try session.query(
            """
            select date_bin('1 hour', first.time, 'epoch'), (last_closed_tick + 1) * tick_ms
            from riskd.pipeline, lateral (
                select time from riskd.sample where id > \(known.lastSample) order by id limit 1
            ) as first
            """
        ).first
        guard var fields = row?.fields else { return nil }
        let begin = Timestamp(try fields.next(PostgresTimestamp.self))
        let end = begin + .seconds(3600)
        guard let closed = try fields.next(Int64?.self), end.milliseconds <= closed else { return nil }
        return (begin, end)
    }

    /// How far samples are summarised.
    ///
    /// - Returns: up to where.
    /// - Throws: `StorageError.corrupt` or `PostgresError`.
    func summaryEnd() async throws -> SummaryEnd {
        try SummaryEnd(await session.query("\(unsafeSQL: Self.endQuestion)").first)
    }

    private static let endQuestion = "select last_sample, ends, minutes_from from riskd.sample_summary_end"
}
