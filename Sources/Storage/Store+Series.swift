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
    /// The last.
    package let last: Int64
    /// The highest level; nil: uncalibrated throughout.
    package let level: Level?
    /// How many samples.
    package let samples: Int
    /// How many queries.
    package let queries: Int64
    /// The last sample.
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

    /// When.
    package let time: Timestamp
    /// What.
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
            // Of arrays the greatest is that with the greatest first element: the newest sample, and its score.
            try await session.query(
                """
                select bucket, min(score), max(score), max(array[id, score]), max(level), count(*), sum(queries)::bigint
                from (
                    select floor(extract(epoch from time) * 1000 / \(length))::bigint as bucket, score, id, level, queries
                    from riskd.sample
                    where user_name = \(entity.name) and model = \(entity.model?.name ?? "")
                        and entity_kind = \(entity.kind) and time >= \(since.postgres) and time < \(until.postgres)
                ) as samples
                group by bucket order by bucket
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
                where user_name = \(entity.name) and model = \(entity.model?.name ?? "")
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
