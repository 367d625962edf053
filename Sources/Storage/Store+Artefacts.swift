package import Domain
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

    /// Makes a calibration the one that a model uses from the next start on.
    ///
    /// - Parameters:
    ///   - model: the model.
    ///   - artefact: the id of a kept artefact.
    /// - Throws: `StorageError.database`.
    package func activateCalibration(of model: ModelID, artefact: String) async throws(StorageError) {
        try await storing {
            try await session.run(
                """
                insert into riskd.calibration_active (model, artefact_id, activated)
                values (\(model.name), \(artefact), now())
                on conflict (model) do update set artefact_id = excluded.artefact_id, activated = now()
                """
            )
        }
    }

    /// The artefact id of every model's calibration.
    ///
    /// - Returns: ids by model.
    /// - Throws: `StorageError.database`.
    package func activeCalibrations() async throws(StorageError) -> [ModelID: String] {
        try await storing {
            let rows = try await session.query("select model, artefact_id from riskd.calibration_active")
            return try rows.reduce(into: [:]) { ids, row in
                var fields = row.fields
                ids[ModelID(try fields.next())] = try fields.next()
            }
        }
    }

    /// Records what is in force from a tick on; replaces an epoch that begins at the same tick.
    ///
    /// - Parameter epoch: the epoch.
    /// - Throws: `StorageError.database`.
    package func addEpoch(_ epoch: Epoch) async throws(StorageError) {
        let calibrations = epoch.calibrationIDs.sorted { $0.key < $1.key }
        try await storing {
            try await session.run(
                """
                insert into riskd.epoch (first_tick, config_id, calibration_models, calibration_ids, created)
                values (\(epoch.firstTick.index), \(epoch.configurationID), \(calibrations.map(\.key.name)),
                    \(calibrations.map(\.value)), now())
                on conflict (first_tick) do update set config_id = excluded.config_id,
                    calibration_models = excluded.calibration_models,
                    calibration_ids = excluded.calibration_ids, created = now()
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
                select first_tick, config_id, calibration_models, calibration_ids from riskd.epoch
                order by first_tick
                """
            ).map { row in
                var fields = row.fields
                let tick = Tick(try fields.next())
                let configuration = try fields.next(String.self)
                let models = try fields.next([String].self).map { ModelID($0) }
                let ids = try fields.next([String].self)
                return Epoch(
                    firstTick: tick,
                    configurationID: configuration,
                    calibrationIDs: Dictionary(zip(models, ids)) { _, last in last }
                )
            }
        }
    }
}
