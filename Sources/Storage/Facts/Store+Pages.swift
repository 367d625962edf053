package import Domain
import PostgresClient

extension Store {
    /// Samples of an entity, newest first.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - bounds: the key is the sample's id.
    /// - Returns: a page.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func samplePage(
        of entity: Entity,
        _ bounds: PageBounds
    ) async throws(StorageError) -> [StoredSample] {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: StoredSample.columns.joined(separator: ", ")) from riskd.sample
                where entity_name = \(entity.name) and model = \(entity.model?.name ?? "")
                    and entity_kind = \(entity.kind)
                    and time >= coalesce(\(bounds.since?.postgres), '-infinity')
                    and time < coalesce(\(bounds.until?.postgres), 'infinity')
                    and id < coalesce(\(bounds.after), \(Int64.max))
                order by id desc limit \(bounds.limit)
                """
            ).map(StoredSample.init)
        }
    }

    /// Level changes with the scores that they happened at, newest first.
    ///
    /// - Parameters:
    ///   - entity: whose; nil for all.
    ///   - bounds: the key is the sample's id.
    /// - Returns: a page; the score is nil where the sample is kept no more.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func levelChangePage(
        of entity: Entity?,
        _ bounds: PageBounds
    ) async throws(StorageError) -> [(change: StoredLevelChange, score: Int64?)] {
        try await storing {
            try await session.query(
                """
                select c.time, c.sample, c.entity_kind, c.model, c.entity_name, c.tick, c.from_level, c.to_level,
                    (select s.score from riskd.sample s
                        where s.vpart = c.vpart and s.time = c.time and s.id = c.sample)
                from riskd.level_change c
                where (\(entity?.kind) is null or c.entity_name = \(entity?.name)
                        and c.model = \(entity?.model?.name ?? "") and c.entity_kind = \(entity?.kind))
                    and c.time >= coalesce(\(bounds.since?.postgres), '-infinity')
                    and c.time < coalesce(\(bounds.until?.postgres), 'infinity')
                    and c.sample < coalesce(\(bounds.after), \(Int64.max))
                order by c.sample desc limit \(bounds.limit)
                """
            ).map { row in
                var fields = row.fields
                return (try StoredLevelChange.read(&fields), try fields.next())
            }
        }
    }

    /// When each entity's level became what it is.
    ///
    /// - Parameter entities: whose.
    /// - Returns: times; an entity whose level has never changed is missing.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func lastLevelChanges(of entities: [Entity]) async throws(StorageError) -> [Entity: Timestamp] {
        guard !entities.isEmpty else { return [:] }
        return try await storing {
            let rows = try await session.query(
                """
                select e.kind, e.model, e.name, c.time
                from unnest(\(entities.map(\.kind)), \(entities.map { $0.model?.name ?? "" }),
                    \(entities.map(\.name))) as e (kind, model, name)
                cross join lateral (
                    select time from riskd.level_change l
                    where l.entity_name = e.name and l.model = e.model and l.entity_kind = e.kind
                    order by sample desc limit 1
                ) as c
                """
            )
            var times: [Entity: Timestamp] = [:]
            for row in rows {
                var fields = row.fields
                let entity = try Entity.read(&fields)
                times[entity] = Timestamp(try fields.next(PostgresTimestamp.self))
            }
            return times
        }
    }

    /// The newest alerts about an entity first.
    ///
    /// - Parameters:
    ///   - entity: about which.
    ///   - limit: how many at most.
    /// - Returns: the alerts.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func latestAlerts(about entity: Entity, limit: Int) async throws(StorageError) -> [Alert] {
        var filter = AlertFilter(limit: limit)
        filter.subject = .entity(entity)
        return try await alerts(filter)
    }

    /// Silences, newest first.
    ///
    /// - Parameters:
    ///   - time: those that were over then are left out; nil for all.
    ///   - bounds: the key is the silence's number; the period is not looked at.
    /// - Returns: a page.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func silencePage(
        notOverAt time: Timestamp?,
        _ bounds: PageBounds
    ) async throws(StorageError) -> [Silence] {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: Silence.columns) from riskd.silence
                where ends > coalesce(\(time?.postgres), '-infinity')
                    and id < coalesce(\(bounds.after), \(Int64.max))
                order by id desc limit \(bounds.limit)
                """
            ).map(Silence.init)
        }
    }

    /// Attempts at an endpoint, newest first.
    ///
    /// - Parameters:
    ///   - endpoint: its name.
    ///   - message: only those with it; nil: all.
    ///   - bounds: the key is the attempt's number; the period is not looked at.
    /// - Returns: a page with the attempts' numbers.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func attemptPage(
        at endpoint: String,
        with message: MessageID? = nil,
        _ bounds: PageBounds
    ) async throws(StorageError) -> [(id: Int64, attempt: DeliveryAttempt)] {
        let columns = DeliveryAttempt.columns.joined(separator: ", ")
        return try await storing {
            try await session.query(
                """
                select \(unsafeSQL: columns), id from riskd.delivery_attempt
                where endpoint = \(endpoint) and id < coalesce(\(bounds.after), \(Int64.max))
                    and (\(message?.description) is null or message_id = \(message?.description))
                order by id desc limit \(bounds.limit)
                """
            ).map { row in
                var fields = row.fields
                let attempt = try DeliveryAttempt(&fields)
                return (try fields.next(), attempt)
            }
        }
    }

    /// The numbers of campaigns, newest first.
    ///
    /// - Parameters:
    ///   - model: whose; nil for all.
    ///   - bounds: the key is the campaign's number; those whose last member is before the period or whose first image is
    ///     after it are left out.
    /// - Returns: a page.
    /// - Throws: `StorageError.database`.
    package func campaignNumbers(
        of model: ModelID?,
        _ bounds: PageBounds
    ) async throws(StorageError) -> [Int64] {
        try await storing {
            try await session.query(
                """
                select c.id from riskd.campaign c
                where (\(model?.name) is null or c.model = \(model?.name))
                    and c.id < coalesce(\(bounds.after), \(Int64.max))
                    and c.last_joined >= coalesce(\(bounds.since?.postgres), '-infinity')
                    and (\(bounds.until?.postgres) is null or exists (
                        select from riskd.observation f
                        where f.sequence = c.id and f.time < \(bounds.until?.postgres)))
                order by c.id desc limit \(bounds.limit)
                """
            ).map { try $0.only() }
        }
    }
}
