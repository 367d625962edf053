import Domain
import PostgresClient

extension Store {
    /// Keeps a configuration or calibration; one that is there already stays as it is.
    ///
    /// - Parameters:
    ///   - id: `sha256:` and the digest of `body` in hex.
    ///   - kind: such as `config` or `calibration`.
    ///   - body: the bytes.
    /// - Throws: `StorageError.database`.
    package func saveArtefact(id: String, kind: String, body: [UInt8]) async throws(StorageError) {
        try await storing {
            try await session.run(
                """
                insert into riskd.artefact (id, kind, created, body) values (\(id), \(kind), now(), \(body))
                on conflict (id) do nothing
                """
            )
        }
    }

    /// The kind and bytes of an artefact.
    ///
    /// - Parameter id: `sha256:` and the digest in hex.
    /// - Returns: kind and bytes; nil when there is none.
    /// - Throws: `StorageError.database`.
    package func artefact(_ id: String) async throws(StorageError) -> (kind: String, body: [UInt8])? {
        try await storing {
            let rows = try await session.query("select kind, body from riskd.artefact where id = \(id)")
            guard let row = rows.first else { return nil }
            var fields = row.fields
            return (try fields.next(), try fields.next())
        }
    }

    /// Records what is in force from a tick on; replaces an epoch that begins at the same tick.
    ///
    /// - Parameter epoch: the epoch.
    /// - Throws: `StorageError.database`.
    package func addEpoch(_ epoch: Epoch) async throws(StorageError) {
        let pooled = epoch.calibrationIDs.map { (model: $0.key, stratum: "", id: $0.value) }
        let strata = epoch.strata.flatMap { model, ids in
            ids.map { (model: model, stratum: $0.key, id: $0.value) }
        }
        let calibrations = (pooled + strata).sorted { ($0.model, $0.stratum) < ($1.model, $1.stratum) }
        try await storing {
            try await session.run(
                """
                insert into riskd.epoch (first_tick, config_id, calibration_models, calibration_ids, calibration_strata,
                    created)
                values (\(epoch.firstTick.index), \(epoch.configurationID), \(calibrations.map(\.model.name)),
                    \(calibrations.map(\.id)), \(calibrations.map(\.stratum)), now())
                on conflict (first_tick) do update set config_id = excluded.config_id,
                    calibration_models = excluded.calibration_models,
                    calibration_ids = excluded.calibration_ids,
                    calibration_strata = excluded.calibration_strata, created = now()
                """
            )
        }
    }

    /// Every epoch, oldest first.
    ///
    /// - Returns: the epochs.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func epochs() async throws(StorageError) -> [Epoch] {
        try await storing {
            try await session.query(
                """
                select first_tick, config_id, calibration_models, calibration_ids, calibration_strata
                from riskd.epoch
                order by first_tick
                """
            ).map { row in
                var fields = row.fields
                let tick = Tick(try fields.next())
                let configuration = try fields.next(String.self)
                let models = try fields.next([String].self).map { ModelID($0) }
                let ids = try fields.next([String].self)
                let named = try fields.next([String]?.self) ?? []
                let strata = named.isEmpty ? Array(repeating: "", count: models.count) : named
                var pooled: [ModelID: String] = [:]
                var parts: [ModelID: [String: String]] = [:]
                for (model, (id, stratum)) in zip(models, zip(ids, strata)) {
                    if stratum.isEmpty {
                        pooled[model] = id
                    } else {
                        parts[model, default: [:]][stratum] = id
                    }
                }
                return Epoch(
                    firstTick: tick,
                    configurationID: configuration,
                    calibrationIDs: pooled,
                    strata: parts
                )
            }
        }
    }
}
