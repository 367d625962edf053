package import Domain
import PostgresClient

/// Some samples of an entity, taken together.
package struct SeriesBucket: Hashable, Sendable {
    /// The begin, in milliseconds since 1970; a multiple of the bucket's length.
    package let begin: Timestamp
    /// The lowest score, in milli-points.
    package let minimum: Int64
    /// The highest.
    package let maximum: Int64
    package let last: Int64
    /// The highest level; nil: uncalibrated throughout.
    package let level: Level?
    /// How many samples.
    package let samples: Int
    /// How many queries.
    package let queries: Int64
    package let lastSample: Int64
}

/// Something that changed what a series means.
package struct SeriesMarker: Hashable, Sendable {
    /// What changed.
    package enum Kind: String, Hashable, Sendable {
        case calibration
        case configuration
        case silenceStart = "silence_start"
        case silenceEnd = "silence_end"
        case level
    }

    package let time: Timestamp
    package let kind: Kind
    /// In words.
    package let text: String
}

extension Store {
    /// A series in buckets, oldest first; buckets without samples are left out.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - since: the begin.
    ///   - until: the end, itself left out.
    ///   - length: of a bucket, in whole milliseconds.
    /// - Returns: the buckets.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func series(
        of entity: Entity,
        since: Timestamp,
        until: Timestamp,
        bucket length: Int64
    ) async throws(StorageError) -> [SeriesBucket] {
        try await storing {
            let known = try await summaryEnd()
            let summarised = SummarisedPeriod(since, until, length, known)
            // Of what is deleted the hours are left; longer summaries are made of them anyway.
            let hoursUntil = summarised.span == 3600 ? since : min(until, known.minutesFrom ?? since)
            // Of arrays the greatest is that with the greatest first element: the newest sample, and its score.
            return try await session.query(
                """
                with entity (entity_name, model, entity_kind) as materialized (
                    values (\(entity.name), \(entity.model?.name ?? ""), \(entity.kind))
                ), part as (
                    select time, score as minimum, score as maximum, id as last_sample, score as last_score, level,
                        1 as samples, queries::bigint
                    from riskd.sample natural join entity
                    where time >= \(since.postgres) and time < \(summarised.begin.postgres)
                    union all
                    select begins, minimum, maximum, last_sample, last_score, level, samples, queries
                    from riskd.sample_summary natural join entity
                    where span = \(summarised.span) and begins >= \(summarised.begin.postgres)
                        and begins < \(summarised.end.postgres)
                    union all
                    select begins, minimum, maximum, last_sample, last_score, level, samples, queries
                    from riskd.sample_summary natural join entity
                    where span = 3600 and begins >= \(since.postgres) and begins < \(hoursUntil.postgres)
                    union all
                    select time, score, score, id, score, level, 1, queries
                    from riskd.sample natural join entity
                    where id > \(summarised.lastSample) and time >= \(summarised.end.postgres)
                        and time < \(until.postgres)
                )
                select floor(extract(epoch from time) * 1000 / \(length))::bigint as bucket, min(minimum), max(maximum),
                    max(array[last_sample, last_score]), max(level), sum(samples)::bigint, sum(queries)::bigint
                from part group by bucket order by bucket
                """
            ).map { row in
                var fields = row.fields
                let number = try fields.next(Int64.self)
                let (minimum, maximum) = (try fields.next(Int64.self), try fields.next(Int64.self))
                let newest = try fields.next([Int64].self)
                guard newest.count == 2 else { throw StorageError.corrupt("a series") }
                return SeriesBucket(
                    begin: Timestamp(milliseconds: number * length),
                    minimum: minimum,
                    maximum: maximum,
                    last: newest[1],
                    level: try fields.next(Int?.self).map { try Level(stored: $0) },
                    samples: try fields.next(),
                    queries: try fields.next(),
                    lastSample: newest[0]
                )
            }
        }
    }

    /// What changed in a period: epochs, silences, and levels of an entity; oldest first.
    ///
    /// - Parameters:
    ///   - entity: whose levels.
    ///   - since: the begin.
    ///   - until: the end, itself left out.
    ///   - limit: how many at most of each kind.
    /// - Returns: the markers.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func markers(
        of entity: Entity,
        since: Timestamp,
        until: Timestamp,
        limit: Int
    ) async throws(StorageError) -> [SeriesMarker] {
        try await storing {
            let rows = try await session.query(
                """
                (select time, 'level', from_level || ' ' || to_level from riskd.level_change
                where entity_name = \(entity.name) and model = \(entity.model?.name ?? "")
                    and entity_kind = \(entity.kind) and time >= \(since.postgres) and time < \(until.postgres)
                order by sample desc limit \(limit))
                union all
                (select starts, 'silence_start', creator || ': ' || comment from riskd.silence
                where starts >= \(since.postgres) and starts < \(until.postgres) order by id desc limit \(limit))
                union all
                (select ends, 'silence_end', coalesce('ended by ' || ended_by, comment) from riskd.silence
                where ends >= \(since.postgres) and ends < \(until.postgres) order by ends desc limit \(limit))
                union all
                (select time, case when config_id is distinct from lag(config_id) over epochs
                        then 'configuration' else 'calibration' end, '' from (
                    select to_timestamp(first_tick * tick_ms / 1000.0) as time, config_id, first_tick
                    from riskd.epoch cross join riskd.pipeline where first_tick > 0
                ) as e window epochs as (order by first_tick)
                order by first_tick desc limit \(limit))
                """
            )
            return try rows.map { row in
                var fields = row.fields
                let time = Timestamp(try fields.next(PostgresTimestamp.self))
                let word = try fields.next(String.self)
                var text = try fields.next(String.self)
                guard let kind = SeriesMarker.Kind(rawValue: word) else {
                    throw StorageError.corrupt(word)
                }
                switch kind {
                case .level:
                    let levels = try text.split(separator: " ").compactMap { Int($0) }.map {
                        try Level(stored: $0)
                    }
                    guard levels.count == 2 else { throw StorageError.corrupt("a level change") }
                    text = "\(levels[0]) to \(levels[1])"
                case .configuration: text = "the scoring configuration changed"
                case .calibration: text = "calibrations changed"
                case .silenceStart: text = "silence by \(text)"
                case .silenceEnd: text = "silence over: \(text)"
                }
                return SeriesMarker(time: time, kind: kind, text: text)
            }
            .filter { $0.time >= since && $0.time < until }
            .sorted { ($0.time, $0.kind.rawValue) < ($1.time, $1.kind.rawValue) }
        }
    }
}

/// The part of a period that summaries tell of; samples tell of what is before and after.
struct SummarisedPeriod: Equatable {
    /// The length of the summaries, in seconds.
    let span: Int
    /// The first summary's begin.
    let begin: Timestamp
    /// The last one's end; `begin` where there is none.
    let end: Timestamp
    /// Samples up to this one are before `end`; the least number where that is not known.
    let lastSample: Int64

    /// The longest summaries of which a bucket is made.
    ///
    /// - Parameters:
    ///   - since: the period's begin.
    ///   - until: its end.
    ///   - length: of a bucket, in milliseconds.
    ///   - known: how far samples are summarised.
    init(_ since: Timestamp, _ until: Timestamp, _ length: Int64, _ known: SummaryEnd) {
        let spans: [Int64] = [3600, 60]
        guard let end = known.end, let span = spans.first(where: { length % ($0 * 1000) == 0 }) else {
            (self.span, begin, self.end, lastSample) = (60, since, since, Int64.min)
            return
        }
        self.span = Int(span)
        let unit = span * 1000
        let first = -Self.floor(-since.milliseconds, unit)
        let last = Self.floor(min(until.milliseconds, end.milliseconds), unit)
        begin = Timestamp(milliseconds: min(first, until.milliseconds))
        self.end = Timestamp(milliseconds: max(begin.milliseconds, last))
        lastSample = self.end >= end ? known.lastSample : Int64.min
    }

    /// The greatest multiple of `unit` up to `value`.
    private static func floor(_ value: Int64, _ unit: Int64) -> Int64 {
        (value >= 0 ? value : value - unit + 1) / unit * unit
    }
}
