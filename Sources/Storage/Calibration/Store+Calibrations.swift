package import Domain
import PostgresClient

extension Store {
    /// Keeps a calibration and where it came from; one that is there already stays as it is.
    ///
    /// - Parameters:
    ///   - id: `sha256:` and the digest of `body` in hex.
    ///   - body: the artefact.
    ///   - origin: where it came from.
    /// - Throws: `StorageError.database`.
    package func saveCalibration(
        id: String,
        body: [UInt8],
        origin: CalibrationOrigin
    ) async throws(StorageError) {
        try await saveArtefact(id: id, kind: "calibration", body: body)
        try await storing {
            try await session.run(
                """
                insert into riskd.calibration (id, model, stratum, owner, origin, records, users, built)
                values (\(id), \(origin.model.name), \(origin.stratum), \(origin.owner?.name), \(origin.origin),
                    \(Int64(origin.records)), \(Int64(origin.users)), now())
                on conflict (id) do nothing
                """
            )
        }
    }

    /// Makes a calibration the one that is in force from the next start on, and records who did so.
    ///
    /// - Parameter activation: of a kept artefact; without one the stratum is given up.
    /// - Throws: `StorageError.database`.
    package func activate(_ activation: CalibrationActivation) async throws(StorageError) {
        let (model, stratum) = (activation.model.name, activation.stratum ?? "")
        try await storing {
            try await session.transaction { session in
                if let calibration = activation.calibration {
                    try session.run(
                        """
                        insert into riskd.calibration_active (model, stratum, artefact_id, activated)
                        values (\(model), \(stratum), \(calibration), now())
                        on conflict (model, stratum) do update set artefact_id = excluded.artefact_id,
                            activated = now()
                        """
                    )
                } else {
                    try session.run(
                        """
                        delete from riskd.calibration_active where model = \(model) and stratum = \(stratum)
                        """
                    )
                }
                try session.run(
                    """
                    insert into riskd.calibration_activation
                        (model, stratum, calibration_id, actor, forced, reason, activated)
                    values (\(model), \(stratum), \(activation.calibration), \(activation.actor),
                        \(activation.isForced), \(activation.reason), now())
                    """
                )
            }
        }
    }

    /// The artefact id of every model's calibration: pooled, and of parts of its users.
    ///
    /// - Returns: ids by model and, of parts, by stratum.
    /// - Throws: `StorageError.database`.
    package func activeCalibrations() async throws(StorageError) -> (
        pooled: [ModelID: String], strata: [ModelID: [String: String]]
    ) {
        try await storing {
            let rows = try await session.query(
                "select model, stratum, artefact_id from riskd.calibration_active"
            )
            var pooled: [ModelID: String] = [:]
            var strata: [ModelID: [String: String]] = [:]
            for row in rows {
                var fields = row.fields
                let model = ModelID(try fields.next())
                let stratum = try fields.next(String.self)
                let id = try fields.next(String.self)
                if stratum.isEmpty { pooled[model] = id } else { strata[model, default: [:]][stratum] = id }
            }
            return (pooled, strata)
        }
    }

    /// Every kept calibration, newest first.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - withOwn: whether users' own baselines are among them.
    ///   - id: this one only.
    /// - Returns: the calibrations.
    /// - Throws: `StorageError.database`.
    package func calibrations(
        limit: Int = 1000,
        withOwn: Bool = true,
        id: String? = nil
    ) async throws(StorageError) -> [StoredCalibration] {
        try await storing {
            try await session.query(
                """
                select c.id, c.model, c.stratum, c.owner, c.origin, c.records, c.users, c.built,
                    exists (select from riskd.calibration_active a where a.artefact_id = c.id),
                    (select passed from riskd.calibration_check k where c.id = any (k.calibration_ids)
                        order by number desc limit 1),
                    coalesce(
                        (select min(first_tick) from riskd.epoch e where c.id = any (e.calibration_ids)),
                        (select min(first_tick) from riskd.own_baseline o where o.calibration_id = c.id))
                from riskd.calibration c
                where (\(withOwn) or c.owner is null) and (\(id) is null or c.id = \(id))
                order by c.built desc, c.id limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                let id = try fields.next(String.self)
                let origin = CalibrationOrigin(
                    model: ModelID(try fields.next()),
                    stratum: try fields.next(),
                    owner: try fields.next(String?.self).map { UserID($0) },
                    origin: try fields.next(),
                    records: try fields.next(),
                    users: try fields.next()
                )
                return StoredCalibration(
                    id: id,
                    origin: origin,
                    built: Timestamp(try fields.next(PostgresTimestamp.self)),
                    isActive: try fields.next(),
                    hasPassed: try fields.next(),
                    firstTick: try fields.next(Int64?.self).map { Tick($0) }
                )
            }
        }
    }

    /// Keeps what a replay of held-out traffic found.
    ///
    /// - Throws: `StorageError.database`.
    package func saveCheck(_ check: CalibrationCheck) async throws(StorageError) {
        try await storing {
            try await session.run(
                """
                insert into riskd.calibration_check
                    (model, calibration_ids, origin, passed, report, checked)
                values (\(check.model.name), \(check.calibrations), \(check.origin), \(check.hasPassed),
                    \(check.report), now())
                """
            )
        }
    }

    /// The checks of a calibration, newest first.
    ///
    /// - Parameter calibration: the artefact.
    /// - Returns: the checks, with their processing times.
    /// - Throws: `StorageError.database`.
    package func checks(
        of calibration: String
    ) async throws(StorageError) -> [(check: CalibrationCheck, time: Timestamp)] {
        try await storing {
            try await session.query(
                """
                select model, calibration_ids, origin, passed, report, checked from riskd.calibration_check
                where \(calibration) = any (calibration_ids) order by number desc
                """
            ).map { row in
                var fields = row.fields
                let check = CalibrationCheck(
                    model: ModelID(try fields.next()),
                    calibrations: try fields.next(),
                    origin: try fields.next(),
                    hasPassed: try fields.next(),
                    report: try fields.next()
                )
                return (check, Timestamp(try fields.next(PostgresTimestamp.self)))
            }
        }
    }

    /// Who put a calibration in force, newest first.
    ///
    /// - Parameter calibration: the artefact.
    /// - Returns: the activations, with their processing times.
    /// - Throws: `StorageError.database`.
    package func activations(
        of calibration: String
    ) async throws(StorageError) -> [(activation: CalibrationActivation, time: Timestamp)] {
        try await storing {
            try await session.query(
                """
                select model, stratum, calibration_id, actor, forced, reason, activated
                from riskd.calibration_activation where calibration_id = \(calibration) order by number desc
                """
            ).map { row in
                var fields = row.fields
                let model = ModelID(try fields.next())
                let stratum = try fields.next(String.self)
                let activation = CalibrationActivation(
                    model: model,
                    stratum: stratum.isEmpty ? nil : stratum,
                    calibration: try fields.next(),
                    actor: try fields.next(),
                    isForced: try fields.next(),
                    reason: try fields.next()
                )
                return (activation, Timestamp(try fields.next(PostgresTimestamp.self)))
            }
        }
    }

    /// The last change of every model's health.
    ///
    /// - Parameter tick: changes after it are left out; nil: none is.
    /// - Returns: the changes, by model.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func calibrationHealth(
        through tick: Tick? = nil
    ) async throws(StorageError) -> [CalibrationHealthChange] {
        try await storing {
            try await session.query(
                """
                select distinct on (model) model, tick, health, cause, active, exceeding
                from riskd.calibration_health where tick <= \(tick?.index ?? .max) order by model, tick desc
                """
            ).map { row in
                var fields = row.fields
                let model = ModelID(try fields.next())
                let tick = Tick(try fields.next())
                let (health, cause) = (try fields.next(String.self), try fields.next(String.self))
                guard let health = CalibrationHealth(rawValue: health),
                    let cause = CalibrationHealthChange.Cause(rawValue: cause)
                else { throw StorageError.corrupt("a calibration's health \(health), \(cause)") }
                return CalibrationHealthChange(
                    model: model,
                    tick: tick,
                    health: health,
                    cause: cause,
                    active: try fields.next(),
                    exceeding: try fields.next()
                )
            }
        }
    }

    /// Writes a change of health in a batch's transaction.
    static func write(
        _ session: isolated PostgresSession,
        _ change: CalibrationHealthChange,
        tickMilliseconds: Int64
    ) throws {
        let end = Timestamp(milliseconds: (change.tick.index + 1) * tickMilliseconds)
        try session.run(
            """
            insert into riskd.calibration_health (model, tick, time, health, cause, active, exceeding)
            values (\(change.model.name), \(change.tick.index), \(end.postgres), \(change.health.rawValue),
                \(change.cause.rawValue), \(Int64(change.active)), \(Int64(change.exceeding)))
            on conflict (model, tick) do update set health = excluded.health, cause = excluded.cause,
                active = excluded.active, exceeding = excluded.exceeding
            """
        )
    }
}

extension Store {
    /// Where a calibration came from.
    ///
    /// - Parameter id: of its artefact; nil: of none.
    /// - Returns: its origin; nil when it is not known, as of one that was fitted to other detectors.
    /// - Throws: `StorageError.database`.
    package func calibrationOrigin(_ id: String?) async throws(StorageError) -> CalibrationOrigin? {
        guard let id else { return nil }
        return try await storing {
            try await session.query(
                "select model, stratum, owner, origin, records, users from riskd.calibration where id = \(id)"
            ).first.map { row in
                var fields = row.fields
                return CalibrationOrigin(
                    model: ModelID(try fields.next()),
                    stratum: try fields.next(),
                    owner: try fields.next(String?.self).map { UserID($0) },
                    origin: try fields.next(),
                    records: try fields.next(),
                    users: try fields.next()
                )
            }
        }
    }
}
