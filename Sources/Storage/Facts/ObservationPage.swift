package import Domain
import PostgresClient

/// An observation with what is kept beside it.
package struct KeptObservation: Hashable, Sendable {
    package let observation: Observation
    /// Whether its image is kept.
    package let isImageKept: Bool
    /// Whether the image of its nearest earlier one, in the scope that was asked for, is kept.
    package let isNearestKept: Bool
}

extension Store {
    /// Whether an image of an observation is kept, in SQL: of the columns that name its model and its sequence number.
    private static func kept(_ model: String, _ sequence: String) -> String {
        """
        exists (select from riskd.history_image h where h.model = \(model) and h.sequence = \(sequence)
            and h.pixels is not null)
        """
    }

    /// What reads ``KeptObservation`` from rows of `o`.
    ///
    /// - Parameter isOwn: whether the nearest is that among the same user's.
    /// - Returns: SQL.
    private static func keptColumns(isOwn: Bool) -> String {
        let names = Observation.columns.map { "o.\($0)" }.joined(separator: ", ")
        let nearest = isOwn ? "o.u_nearest_sequence" : "o.m_nearest_sequence"
        return "\(names), \(kept("o.model", "o.sequence")), \(kept("o.model", nearest))"
    }

    /// Observations, newest first.
    ///
    /// - Parameters:
    ///   - entity: those that count for it; nil or the whole service: all.
    ///   - rung: those of which some detector reached at least this rung.
    ///   - bounds: the key is the sequence number.
    ///   - looked: how many are looked through for a page.
    /// - Returns: a page, and where looking stopped; nil: at the end.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func observationPage(
        of entity: Entity?,
        rung: Int,
        _ bounds: PageBounds,
        lookingThrough looked: Int = 10_000
    ) async throws(StorageError) -> (items: [KeptObservation], stopped: Int64?) {
        let depth = rung > 0 ? max(looked, bounds.limit) : bounds.limit + 1
        return try await storing {
            let rows = try await session.query(
                """
                with found as materialized (
                    select sequence, time, vpart, greatest(
                        coalesce((select max(r) from unnest(user_rungs) r), 0),
                        coalesce((select max(r) from unnest(model_rungs) r), 0),
                        coalesce((select max(r) from unnest(campaign_rungs) r), 0)) as rung
                    from riskd.observation
                    where (\(entity?.model?.name) is null or model = \(entity?.model?.name))
                        and (\(entity?.user?.name) is null or user_name = \(entity?.user?.name))
                        and (\(entity?.campaign) is null or campaign = \(entity?.campaign)
                            or sequence = \(entity?.campaign))
                        and time >= coalesce(\(bounds.since?.postgres), '-infinity')
                        and time < coalesce(\(bounds.until?.postgres), 'infinity')
                        and sequence < coalesce(\(bounds.after), \(Int64.max))
                    order by sequence desc limit \(depth)
                )
                select (select count(*) from found), (select min(sequence) from found),
                    \(unsafeSQL: Self.keptColumns(isOwn: true))
                from found f join riskd.observation o
                    on o.vpart = f.vpart and o.time = f.time and o.sequence = f.sequence
                where f.rung >= \(rung)
                order by o.sequence desc limit \(bounds.limit)
                """
            )
            var items: [KeptObservation] = []
            var (count, last): (Int, Int64?) = (0, nil)
            for row in rows {
                var fields = row.fields
                (count, last) = (try fields.next(), try fields.next())
                items.append(try KeptObservation(&fields))
            }
            if items.count == bounds.limit, rung > 0 { return (items, items.last?.observation.sequence) }
            guard rung == 0 else { return (items, count == depth ? last : nil) }
            return (items, count == depth ? items.last?.observation.sequence : nil)
        }
    }

    /// One observation.
    ///
    /// - Parameter sequence: its number.
    /// - Returns: the observation; nil when there is none.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func keptObservation(_ sequence: Int64) async throws(StorageError) -> KeptObservation? {
        try await keptObservations(
            """
            select \(unsafeSQL: Self.keptColumns(isOwn: true)) from riskd.observation o
            where o.sequence = \(sequence)
            """
        ).first
    }

    /// The observations that an entity's tick was scored from, in order.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - tick: the tick that they count in.
    ///   - limit: how many at most.
    /// - Returns: the observations.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func keptObservations(
        of entity: Entity,
        tick: Tick,
        limit: Int
    ) async throws(StorageError) -> [KeptObservation] {
        try await keptObservations(
            """
            select \(unsafeSQL: Self.keptColumns(isOwn: entity.user != nil)) from riskd.observation o
            where o.tick = \(tick.index) and (\(entity.model?.name) is null or o.model = \(entity.model?.name))
                and (\(entity.user?.name) is null or o.user_name = \(entity.user?.name))
                and (\(entity.campaign) is null or o.campaign = \(entity.campaign))
            order by o.sequence limit \(limit)
            """
        )
    }

    /// A campaign's first image and its members, or a user's near queries of some ticks, in order.
    ///
    /// - Parameters:
    ///   - entity: a campaign or a user.
    ///   - ticks: of a user: which ticks.
    ///   - sequence: those up to it are left out.
    ///   - limit: how many at most.
    /// - Returns: a page.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func chainPage(
        of entity: Entity,
        ticks: ClosedRange<Int64>,
        after sequence: Int64,
        limit: Int
    ) async throws(StorageError) -> [KeptObservation] {
        switch entity {
        case .campaign(let id, let model):
            try await keptObservations(
                """
                select \(unsafeSQL: Self.keptColumns(isOwn: false)) from riskd.observation o
                where o.model = \(model.name) and (o.campaign = \(id) or o.sequence = \(id))
                    and o.sequence > \(sequence)
                order by o.sequence limit \(limit)
                """
            )
        case .user(let user, let model):
            try await keptObservations(
                """
                select \(unsafeSQL: Self.keptColumns(isOwn: true)) from riskd.observation o
                where o.model = \(model.name) and o.user_name = \(user.name)
                    and o.tick between \(ticks.lowerBound) and \(ticks.upperBound)
                    and o.u_min_distance is not null and o.sequence > \(sequence)
                order by o.sequence limit \(limit)
                """
            )
        case .model, .global: []
        }
    }

    /// Reads rows of ``keptColumns(isOwn:)``.
    private func keptObservations(
        _ query: PostgresQuery
    ) async throws(StorageError) -> [KeptObservation] {
        try await storing {
            try await session.query(query).map { row in
                var fields = row.fields
                return try KeptObservation(&fields)
            }
        }
    }

    /// The accounts that sent a campaign's images, by name.
    ///
    /// - Parameters:
    ///   - campaign: the campaign's number.
    ///   - model: whose.
    ///   - limit: how many at most.
    /// - Returns: the accounts.
    /// - Throws: `StorageError.database`.
    package func accounts(
        of campaign: Int64,
        model: ModelID,
        limit: Int
    ) async throws(StorageError) -> [String] {
        try await storing {
            try await session.query(
                """
                select distinct user_name from riskd.observation
                where model = \(model.name) and (campaign = \(campaign) or sequence = \(campaign))
                order by user_name limit \(limit)
                """
            ).map { try $0.only() }
        }
    }
}

extension KeptObservation {
    /// Reads the columns of an observation, and two flags.
    fileprivate init(_ fields: inout PostgresFields) throws {
        observation = try Observation(&fields)
        isImageKept = try fields.next()
        isNearestKept = try fields.next()
    }
}
