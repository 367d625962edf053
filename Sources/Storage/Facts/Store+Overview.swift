package import Domain
import PostgresClient

/// How fresh what the database holds is.
package struct StoredFreshness: Hashable, Sendable {
    /// How many batches were committed.
    package let batch: Int64
    package let lastClosedTick: Tick?
    /// The newest event time.
    package let watermark: Timestamp?
    /// When a record was last taken in, by the wall clock.
    package let lastReceived: Timestamp?
    /// What was lost of sources in the last day of the wall clock.
    package let lost: LostBytes

    /// Bytes that were there, and gone before they were read.
    package struct LostBytes: Hashable, Sendable {
        /// How many bytes.
        package let bytes: Int64
        /// Of how many sources.
        package let sources: Int
    }
}

/// How many alerts opened lately, by event time.
package struct StoredAlarmLoad: Hashable, Sendable {
    /// In the last ten minutes.
    package let tenMinutes: Int
    /// In the last hour.
    package let hour: Int
    /// In the last day.
    package let day: Int
}

/// Up to where a stream of events has been told.
package struct EventPlace: Hashable, Sendable {
    /// The last level change's sample.
    package var sample: Int64
    /// The last notice.
    package var notice: Int64

    package init(sample: Int64, notice: Int64) {
        self.sample = sample
        self.notice = notice
    }
}

/// What changes seldom, each as a number that only grows when it does.
package struct ChangeCounts: Hashable, Sendable {
    /// Of silences made or ended.
    package let silences: Timestamp?
    /// Of endpoints enabled or disabled.
    package let endpoints: Timestamp?
    /// Of calibrations put in force, and of their health.
    package let calibrations: Int64
}

extension Store {
    /// How fresh what the database holds is.
    ///
    /// - Returns: where the pipeline stands.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func freshness() async throws(StorageError) -> StoredFreshness {
        try await storing {
            let rows = try await session.query(
                """
                select batch, last_closed_tick, watermark, updated, bytes, sources
                from riskd.pipeline, (
                    select max(updated) as updated,
                        coalesce(sum(lost_bytes) filter (where updated > now() - interval '1 day'), 0)::bigint as bytes,
                        count(*) filter (where lost_bytes > 0 and updated > now() - interval '1 day') as sources
                    from riskd.source_file
                ) as read
                """
            )
            guard let row = rows.first else { throw StorageError.corrupt("pipeline has no row") }
            var fields = row.fields
            return StoredFreshness(
                batch: try fields.next(),
                lastClosedTick: try fields.next(Int64?.self).map(Tick.init),
                watermark: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                lastReceived: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                lost: .init(bytes: try fields.next(), sources: Int(try fields.next(Int64.self)))
            )
        }
    }

    /// How many alerts opened before a time.
    ///
    /// - Parameter time: event time.
    /// - Returns: the counts.
    /// - Throws: `StorageError.database`.
    package func alarmLoad(at time: Timestamp) async throws(StorageError) -> StoredAlarmLoad {
        let (ten, hour, day) = (
            time - .seconds(600), time - .seconds(3600), time - .seconds(86_400)
        )
        return try await storing {
            let rows = try await session.query(
                """
                select count(*) filter (where time > \(ten.postgres)),
                    count(*) filter (where time > \(hour.postgres)), count(*)
                from riskd.alert_event
                where kind in ('opened', 'reopened') and time > \(day.postgres) and time <= \(time.postgres)
                """
            )
            guard var fields = rows.first?.fields else { throw StorageError.corrupt("no count") }
            return StoredAlarmLoad(
                tenMinutes: try fields.next(),
                hour: try fields.next(),
                day: try fields.next()
            )
        }
    }

    /// The oldest alert that nobody has acknowledged.
    ///
    /// - Returns: the alert; nil when there is none.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func oldestOpenAlert() async throws(StorageError) -> Alert? {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: Alert.columns) from riskd.alert where state = 'open' order by id limit 1
                """
            ).first.map(Alert.init)
        }
    }

    /// One alert.
    ///
    /// - Parameter id: which.
    /// - Returns: the alert; nil when there is none.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func alert(_ id: AlertID) async throws(StorageError) -> Alert? {
        try await storing {
            try await session.query(
                "select \(unsafeSQL: Alert.columns) from riskd.alert where id = \(id.description)"
            ).first.map(Alert.init)
        }
    }

    /// Where a stream of events that begins now begins.
    ///
    /// - Returns: the newest of all.
    /// - Throws: `StorageError.database`.
    package func newestEvents() async throws(StorageError) -> EventPlace {
        try await storing {
            let rows = try await session.query(
                """
                select coalesce((select max(sample) from riskd.level_change), 0),
                    coalesce((select max(number) from riskd.alert_notice), 0)
                """
            )
            guard var fields = rows.first?.fields else { throw StorageError.corrupt("no place") }
            return EventPlace(sample: try fields.next(), notice: try fields.next())
        }
    }

    /// Marks of what changes seldom.
    ///
    /// - Returns: the marks; equal ones mean that nothing changed.
    /// - Throws: `StorageError.database`.
    package func changeCounts() async throws(StorageError) -> ChangeCounts {
        try await storing {
            let rows = try await session.query(
                """
                select (select max(time) from riskd.audit_entry where what like 'silence.%'),
                    (select max(changed) from riskd.endpoint),
                    (select coalesce(max(number), 0) from riskd.calibration_activation)
                        + (select count(*) from riskd.calibration_health)
                """
            )
            guard var fields = rows.first?.fields else { throw StorageError.corrupt("no marks") }
            return ChangeCounts(
                silences: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                endpoints: try fields.next(PostgresTimestamp?.self).map(Timestamp.init),
                calibrations: try fields.next()
            )
        }
    }

    /// The newest histograms, whole rows, of ticks after one.
    ///
    /// - Parameters:
    ///   - tick: the tick after which.
    ///   - limit: how many rows at most, of the newest ticks.
    /// - Returns: the histograms, newest first.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func recentHistograms(
        after tick: Tick,
        limit: Int
    ) async throws(StorageError) -> [TickHistogram] {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: TickHistogram.columns) from riskd.tick_histogram
                where tick > \(tick.index) order by tick desc limit \(limit)
                """
            ).map(TickHistogram.init)
        }
    }

    /// Runs `body` so that all it reads is of one moment.
    ///
    /// - Parameter body: asks this store, which nobody else may use meanwhile.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` threw, or `StorageError.database`.
    package func reading<Result: Sendable>(
        _ body: @Sendable (Store) async throws -> Result
    ) async throws -> Result {
        try await storing {
            try await session.execute(unsafeSQL: "begin isolation level repeatable read read only")
        }
        do {
            let result = try await body(self)
            try await storing { try await session.execute(unsafeSQL: "commit") }
            return result
        } catch {
            // The error that ended it is the one to report.
            try? await session.execute(unsafeSQL: "rollback")
            throw error
        }
    }
}
