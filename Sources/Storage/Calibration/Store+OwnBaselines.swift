package import Domain
import PostgresClient

extension Store {
    /// The own baselines that are in force after a tick, by model and user.
    ///
    /// - Parameter tick: the last closed one; nil: none is.
    /// - Returns: of every user the last one that is not later; those given up too.
    /// - Throws: `StorageError.database`.
    package func ownBaselines(at tick: Tick?) async throws(StorageError) -> [OwnBaseline] {
        guard let tick else { return [] }
        return try await storing {
            try await session.query(
                """
                select distinct on (model, user_name) model, user_name, first_tick, calibration_id
                from riskd.own_baseline where first_tick <= \(tick.index + 1)
                order by model, user_name, first_tick desc
                """
            ).map { row in
                var fields = row.fields
                return OwnBaseline(
                    model: ModelID(try fields.next()),
                    user: UserID(try fields.next()),
                    firstTick: Tick(try fields.next()),
                    calibration: try fields.next()
                )
            }
        }
    }

    /// Keeps from which tick on users are judged by own baselines; what is kept already stays.
    ///
    /// - Throws: `StorageError.database`.
    package func saveOwnBaselines(_ baselines: [OwnBaseline]) async throws(StorageError) {
        guard !baselines.isEmpty else { return }
        try await storing {
            try await session.run(
                """
                insert into riskd.own_baseline (model, user_name, first_tick, calibration_id)
                select model, user_name, first_tick, nullif(calibration_id, '') from unnest(\(baselines.map(\.model.name)), \(baselines.map(\.user.name)),
                    \(baselines.map(\.firstTick.index)), \(baselines.map { $0.calibration ?? "" }))
                    as own (model, user_name, first_tick, calibration_id)
                on conflict do nothing
                """
            )
        }
    }
}

extension Store {
    /// The users with at least some observations before a time, in order.
    ///
    /// - Throws: `StorageError.database`.
    package func users(
        withObservations count: Int,
        before time: Timestamp
    ) async throws(StorageError) -> [Entity] {
        try await storing {
            try await session.query(
                """
                select model, user_name from riskd.observation where time < \(time.postgres)
                group by model, user_name having count(*) >= \(Int64(count))
                """
            ).map { row in
                var fields = row.fields
                let model = ModelID(try fields.next())
                return Entity.user(UserID(try fields.next()), model: model)
            }.sorted()
        }
    }

    /// A user's newest observations of a period, in order; without images.
    ///
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func observations(
        of user: Entity,
        since: Timestamp?,
        before end: Timestamp,
        newest limit: Int
    ) async throws(StorageError) -> [Observation] {
        try await storing {
            let columns = Observation.columns.joined(separator: ", ")
            return try await session.query(
                """
                select \(unsafeSQL: columns) from riskd.observation
                where model = \(user.model?.name ?? "") and user_name = \(user.name)
                    and time >= coalesce(\(since?.postgres), '-infinity') and time < \(end.postgres)
                order by sequence desc limit \(limit)
                """
            ).map(Observation.init).reversed()
        }
    }

    /// When a user rose to medium or above, or fell below, before a time, in order.
    ///
    /// - Throws: `StorageError.database`.
    package func elevations(
        of user: Entity,
        before time: Timestamp
    ) async throws(StorageError) -> [(time: Timestamp, isElevated: Bool)] {
        try await storing {
            try await session.query(
                """
                select time, to_level >= 2 from riskd.level_change
                where entity_kind = 'user' and model = \(user.model?.name ?? "") and entity_name = \(user.name)
                    and (from_level >= 2) <> (to_level >= 2) and time <= \(time.postgres)
                order by sample
                """
            ).map { row in
                var fields = row.fields
                return (Timestamp(try fields.next(PostgresTimestamp.self)), try fields.next())
            }
        }
    }

    /// Since when the queries of users count whose baselines an operator had learnt anew, by user entity.
    ///
    /// - Parameter time: later ones are left out.
    /// - Returns: event times by user entity.
    /// - Throws: `StorageError.database`.
    package func relearnings(before time: Timestamp) async throws(StorageError) -> [Entity: Timestamp] {
        try await storing {
            let rows = try await session.query(
                """
                select model, user_name, max(since) from riskd.relearning where since < \(time.postgres)
                group by model, user_name
                """
            )
            return try rows.reduce(into: [:]) { found, row in
                var fields = row.fields
                let model = ModelID(try fields.next())
                let user = UserID(try fields.next())
                found[.user(user, model: model)] = Timestamp(try fields.next(PostgresTimestamp.self))
            }
        }
    }

    /// Has a user's own baseline learnt anew.
    ///
    /// - Parameters:
    ///   - user: a user entity.
    ///   - since: event time: only later queries count.
    ///   - actor: who asked.
    ///   - reason: why.
    /// - Throws: `StorageError.database`.
    package func relearn(
        _ user: Entity,
        since: Timestamp,
        actor: String,
        reason: String
    ) async throws(StorageError) {
        try await storing {
            try await session.run(
                """
                insert into riskd.relearning (model, user_name, since, actor, reason, recorded)
                values (\(user.model?.name ?? ""), \(user.name), \(since.postgres), \(actor), \(reason), now())
                """
            )
        }
    }
}

extension Store {
    /// The users that were at medium or above at some time of a period, and those that people found to be attackers: by an
    /// alert of theirs, or of a campaign that they are part of, whenever that was.
    ///
    /// - Parameters:
    ///   - since: the begin; nil: of everything.
    ///   - until: the end; nil: of everything.
    /// - Returns: user entities.
    /// - Throws: `StorageError.database`.
    package func elevatedUsers(since: Timestamp?, until: Timestamp?) async throws(StorageError) -> Set<Entity>
    {
        try await storing {
            let rows = try await session.query(
                """
                select distinct model, entity_name from riskd.level_change
                where entity_kind = 'user' and greatest(from_level, to_level) >= 2
                    and time >= coalesce(\(since?.postgres), '-infinity')
                    and time < coalesce(\(until?.postgres), 'infinity')
                union
                select model, entity_name from (
                    select distinct on (model, entity_name) model, entity_name, to_level from riskd.level_change
                    where entity_kind = 'user' and time < coalesce(\(since?.postgres), '-infinity')
                    order by model, entity_name, sample desc
                ) as before where to_level >= 2
                union
                select model, name from riskd.alert where subject_kind = 'user' and verdict = 'attack'
                union
                select o.model, o.user_name from riskd.observation o
                join riskd.alert a on a.model = o.model
                    and case when a.subject_kind = 'campaign' then a.name::bigint end = o.campaign
                where a.verdict = 'attack'
                """
            )
            return try rows.reduce(into: []) { users, row in
                var fields = row.fields
                let model = ModelID(try fields.next())
                users.insert(.user(UserID(try fields.next()), model: model))
            }
        }
    }
}
