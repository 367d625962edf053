package import Domain
import PostgresClient

extension Store {
    private static let sampleColumns = StoredSample.columns.joined(separator: ", ")

    /// Samples in the order of their ids; call again with the last id for more.
    ///
    /// - Parameters:
    ///   - entity: whose; everybody's when nil.
    ///   - since: the earliest end of a tick.
    ///   - until: the first end of a tick that is too late.
    ///   - id: samples up to this one are left out.
    ///   - limit: how many at most.
    /// - Returns: the samples.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func samples(
        of entity: Entity? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        after id: Int64 = 0,
        limit: Int
    ) async throws(StorageError) -> [StoredSample] {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: Self.sampleColumns) from riskd.sample
                where (\(entity?.kind) is null or entity_kind = \(entity?.kind) and model = \(entity?.model?.name ?? "")
                        and entity_name = \(entity?.name ?? ""))
                    and time >= coalesce(\(since?.postgres), '-infinity')
                    and time < coalesce(\(until?.postgres), 'infinity')
                    and id > \(id)
                order by id limit \(limit)
                """
            ).map(StoredSample.init)
        }
    }

    /// The last samples of an entity, newest first.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - limit: how many at most.
    /// - Returns: the samples.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func latestSamples(of entity: Entity, limit: Int) async throws(StorageError) -> [StoredSample] {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: Self.sampleColumns) from riskd.sample
                where entity_kind = \(entity.kind) and model = \(entity.model?.name ?? "")
                    and entity_name = \(entity.name)
                order by id desc limit \(limit)
                """
            ).map(StoredSample.init)
        }
    }

    /// The last sample of every entity that has one.
    ///
    /// - Parameter since: the earliest end of a tick.
    /// - Returns: the samples, ordered by entity.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func currentSamples(since: Timestamp? = nil) async throws(StorageError) -> [StoredSample] {
        try await storing {
            try await session.query(
                """
                select distinct on (entity_kind, model, entity_name) \(unsafeSQL: Self.sampleColumns)
                from riskd.sample where time >= coalesce(\(since?.postgres), '-infinity')
                order by entity_kind, model, entity_name, id desc
                """
            ).map(StoredSample.init).sorted { $0.sample.entity < $1.sample.entity }
        }
    }

    /// One sample.
    ///
    /// - Parameter id: its id.
    /// - Returns: the sample; nil when there is none.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func sample(_ id: Int64) async throws(StorageError) -> StoredSample? {
        try await storing {
            try await session.query(
                "select \(unsafeSQL: Self.sampleColumns) from riskd.sample where id = \(id)"
            ).first.map(StoredSample.init)
        }
    }

    /// The sample that told an entity's risk at a time: the last one up to then.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - time: event time.
    /// - Returns: the sample; nil when it had none yet.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func sample(of entity: Entity, at time: Timestamp) async throws(StorageError) -> StoredSample? {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: Self.sampleColumns) from riskd.sample
                where entity_name = \(entity.name) and model = \(entity.model?.name ?? "")
                    and entity_kind = \(entity.kind) and time <= \(time.postgres) order by id desc limit 1
                """
            ).first.map(StoredSample.init)
        }
    }

    /// Level changes in the order of their samples; call again with the last sample's id for more.
    ///
    /// - Parameters:
    ///   - entity: whose; everybody's when nil.
    ///   - since: the earliest end of a tick.
    ///   - sample: changes up to this sample are left out.
    ///   - limit: how many at most.
    /// - Returns: the changes.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func levelChanges(
        of entity: Entity? = nil,
        since: Timestamp? = nil,
        after sample: Int64 = 0,
        limit: Int
    ) async throws(StorageError) -> [StoredLevelChange] {
        try await storing {
            try await session.query(
                """
                select time, sample, entity_kind, model, entity_name, tick, from_level, to_level
                from riskd.level_change
                where (\(entity?.kind) is null or entity_kind = \(entity?.kind) and model = \(entity?.model?.name ?? "")
                        and entity_name = \(entity?.name ?? ""))
                    and time >= coalesce(\(since?.postgres), '-infinity') and sample > \(sample)
                order by sample limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                return try StoredLevelChange.read(&fields)
            }
        }
    }

    /// The histograms of the next ticks, whole ticks only, ordered by tick and entity.
    ///
    /// - Parameters:
    ///   - tick: the tick after which to go on; nil to begin.
    ///   - limit: how many ticks at most.
    /// - Returns: the histograms; empty at the end.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func histograms(
        after tick: Tick? = nil,
        ticks limit: Int = 64
    ) async throws(StorageError) -> [TickHistogram] {
        try await storing {
            try await session.query(
                """
                with next as (
                    select distinct tick from riskd.tick_histogram where tick > \(tick?.index ?? .min)
                    order by tick limit \(limit)
                )
                select \(unsafeSQL: TickHistogram.columns) from riskd.tick_histogram
                where tick >= (select min(tick) from next) and tick <= (select max(tick) from next)
                """
            ).map(TickHistogram.init).sorted { ($0.tick, $0.entity) < ($1.tick, $1.entity) }
        }
    }

    /// The observations that an entity's tick was scored from, in order; without images.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - tick: the tick that they count in.
    ///   - limit: how many at most.
    /// - Returns: the observations.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func observations(
        of entity: Entity,
        tick: Tick,
        limit: Int = 100_000
    ) async throws(StorageError) -> [Observation] {
        try await storing {
            let columns = Observation.columns.joined(separator: ", ")
            return try await session.query(
                """
                select \(unsafeSQL: columns) from riskd.observation
                where tick = \(tick.index) and (\(entity.model?.name) is null or model = \(entity.model?.name))
                    and (\(entity.user?.name) is null or user_name = \(entity.user?.name))
                    and (\(entity.campaign) is null or campaign = \(entity.campaign))
                order by sequence limit \(limit)
                """
            ).map(Observation.init)
        }
    }

    /// Observations in order, without images; call again with the last sequence number for more.
    ///
    /// - Parameters:
    ///   - sequence: observations up to this one are left out.
    ///   - since: the earliest event time.
    ///   - until: the first event time that is too late.
    ///   - limit: how many at most.
    /// - Returns: the observations.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func observations(
        after sequence: Int64,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        limit: Int
    ) async throws(StorageError) -> [Observation] {
        try await storing {
            let columns = Observation.columns.joined(separator: ", ")
            return try await session.query(
                """
                select \(unsafeSQL: columns) from riskd.observation where sequence > \(sequence)
                    and time >= coalesce(\(since?.postgres), '-infinity')
                    and time < coalesce(\(until?.postgres), 'infinity')
                order by sequence limit \(limit)
                """
            ).map(Observation.init)
        }
    }

    /// The entities that a user name may mean: that user of every model that has scored it.
    ///
    /// - Parameter name: the user.
    /// - Returns: the entities, in order.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func entities(ofUser name: String) async throws(StorageError) -> [Entity] {
        try await storing {
            try await session.query(
                """
                select kind, model, entity_name from riskd.track where entity_name = \(name) and kind = 'user'
                union
                select entity_kind, model, entity_name from riskd.sample
                where entity_name = \(name) and entity_kind = 'user'
                """
            ).map { row in
                var fields = row.fields
                return try Entity.read(&fields)
            }.sorted()
        }
    }

    /// The newest dead letters first.
    ///
    /// - Parameter limit: how many at most.
    /// - Returns: the dead letters.
    /// - Throws: `StorageError.database`.
    package func deadLetters(limit: Int) async throws(StorageError) -> [StoredDeadLetter] {
        try await storing {
            try await session.query(
                """
                select received, source, path, position_offset, length, reason, detail, body
                from riskd.dead_letter order by received desc, source, position_offset limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                let received = Timestamp(try fields.next(PostgresTimestamp.self))
                let letter = DeadLetter(
                    source: try fields.next(),
                    path: try fields.next(),
                    offset: try fields.next(),
                    length: try fields.next(),
                    reason: try fields.next(),
                    detail: try fields.next(),
                    text: try fields.next()
                )
                return StoredDeadLetter(letter: letter, received: received)
            }
        }
    }
}

extension StoredLevelChange {
    /// Reads eight columns: time, sample, entity (three), tick, level before and after.
    static func read(_ fields: inout PostgresFields) throws -> StoredLevelChange {
        let time = Timestamp(try fields.next(PostgresTimestamp.self))
        let change = LevelChange(
            sample: try fields.next(),
            entity: try Entity.read(&fields),
            tick: Tick(try fields.next()),
            from: try Level(stored: try fields.next()),
            to: try Level(stored: try fields.next())
        )
        return StoredLevelChange(change: change, time: time)
    }
}
