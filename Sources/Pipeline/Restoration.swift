import Crypto
import Domain
package import Runtime
package import Scoring
package import Storage

/// Brings back, from the database, everything that a pipeline had in memory when it stopped.
package struct Restoration: Sendable {
    /// Where the scored order stands.
    package let state: StoredState
    /// The calibrations in force.
    package let calibrations: ActiveCalibrations
    /// The id of the scoring configuration's artefact.
    package let configurationID: String
    /// An engine with tracks and open ticks as they were.
    package let engine: ScoringEngine

    /// How far the sources have come in event time.
    package var events: EventProgress {
        EventProgress(
            lateness: engine.configuration.lateness,
            watermark: state.watermark,
            sources: state.progress,
            sequence: state.sequence
        )
    }

    /// The epoch in which records are scored from now on.
    package var epoch: Epoch {
        Epoch(
            firstTick: Tick((state.lastClosedTick?.index ?? .min) &+ (state.lastClosedTick == nil ? 0 : 1)),
            configurationID: configurationID,
            calibrationIDs: calibrations.ids,
            strata: calibrations.strata.mapValues { $0.mapValues(\.id) }
        )
    }

    /// Whether the last records were scored otherwise: then their ticks must be closed before this epoch begins.
    package var isNewEpoch: Bool {
        guard let last = state.epochs.last else { return true }
        return last.configurationID != configurationID || last.calibrationIDs != calibrations.ids
            || last.strata != epoch.strata
    }

    /// Restores for the configuration and the active calibrations.
    ///
    /// - Parameters:
    ///   - store: the database, owned.
    ///   - configuration: the scoring model asked for.
    ///   - plans: the detectors asked for; a calibration of others is not used.
    ///   - log: told of calibrations that are not used.
    /// - Returns: what is needed to go on.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package static func current(
        _ store: Store,
        configuration: ScoringConfiguration,
        plans: DetectorPlans,
        log: Log
    ) async throws -> Restoration {
        let artefact = configuration.artefact()
        let id = artefactID(artefact)
        try await store.saveArtefact(id: id, kind: "scoring", body: artefact)
        let active = try await store.activeCalibrations()
        var (pooled, ids): ([ModelID: Calibration], [ModelID: String]) = ([:], [:])
        for (model, id) in active.pooled.sorted(by: { $0.key < $1.key }) {
            guard let named = try await fitting(id, plans, store, log) else { continue }
            (pooled[model], ids[model]) = (named.calibration, named.id)
        }
        var strata: [ModelID: [String: NamedCalibration]] = [:]
        for (model, byStratum) in active.strata.sorted(by: { $0.key < $1.key }) {
            for (stratum, id) in byStratum.sorted(by: { $0.key < $1.key }) {
                strata[model, default: [:]][stratum] = try await fitting(id, plans, store, log)
            }
        }
        let calibrations = ActiveCalibrations(byModel: pooled, ids: ids, strata: strata)
        return try await restore(store, configuration, id, calibrations, plans: plans)
    }

    /// A stored calibration, as far as it fits the detectors; nil where nothing does.
    private static func fitting(
        _ id: String,
        _ plans: DetectorPlans,
        _ store: Store,
        _ log: Log
    ) async throws -> NamedCalibration? {
        let stored = try await calibration(id, in: store)
        let fitting = try stored.fitting(plans.description(of: stored.model))
        guard !fitting.unfit.isEmpty else { return NamedCalibration(id: id, stored) }
        log.write(
            .warning,
            fitting.calibration == nil
                ? "a calibration was built with other detector settings and is not used: levels are uncalibrated"
                : "some detectors are set up otherwise than when they were calibrated, and do not count",
            [
                "model": stored.model.name,
                "detectors": fitting.unfit.map(\.name).joined(separator: ", "),
                "built_with": stored.detectorConfiguration,
            ]
        )
        // What is in force is an artefact of its own, by which auditors recompute.
        guard let named = fitting.calibration.map({ NamedCalibration($0) }) else { return nil }
        try await store.saveArtefact(id: named.id, kind: "calibration", body: named.calibration.artefact())
        return named
    }

    /// Restores for the epoch in which the last records were scored.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - epoch: a stored epoch.
    /// - Returns: what is needed to close that epoch's ticks.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package static func past(_ store: Store, epoch: Epoch) async throws -> Restoration {
        let (configuration, calibrations) = try await artefacts(of: epoch, in: store)
        return try await restore(store, configuration, epoch.configurationID, calibrations)
    }

    /// The scoring model and the calibrations of an epoch.
    ///
    /// - Parameters:
    ///   - epoch: a stored epoch.
    ///   - store: the database.
    /// - Returns: both, with their digests checked.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package static func artefacts(
        of epoch: Epoch,
        in store: Store
    ) async throws -> (configuration: ScoringConfiguration, calibrations: ActiveCalibrations) {
        let configuration = try ScoringConfiguration(
            artefact: try await body(epoch.configurationID, in: store)
        )
        var byModel: [ModelID: Calibration] = [:]
        for (model, id) in epoch.calibrationIDs { byModel[model] = try await calibration(id, in: store) }
        var strata: [ModelID: [String: NamedCalibration]] = [:]
        for (model, ids) in epoch.strata {
            for (stratum, id) in ids {
                let calibration = try await calibration(id, in: store)
                strata[model, default: [:]][stratum] = NamedCalibration(id: id, calibration)
            }
        }
        return (
            configuration,
            ActiveCalibrations(byModel: byModel, ids: epoch.calibrationIDs, strata: strata)
        )
    }

    private static func restore(
        _ store: Store,
        _ configuration: ScoringConfiguration,
        _ configurationID: String,
        _ known: ActiveCalibrations,
        plans: DetectorPlans? = nil
    ) async throws -> Restoration {
        let state = try await store.loadState()
        var calibrations = known
        for baseline in try await store.ownBaselines(at: state.lastClosedTick) {
            guard let id = baseline.calibration else { continue }
            let own = try await calibration(id, in: store)
            // Of other detectors it says nothing; the pooled calibration is there until another is learnt.
            if let plans, try own.fitting(plans.description(of: own.model)).unfit.isEmpty == false {
                continue
            }
            calibrations.setOwn(
                NamedCalibration(id: id, own),
                of: .user(baseline.user, model: baseline.model)
            )
        }
        var tracks: [Entity: Track] = [:]
        for track in state.tracks { tracks[track.entity] = try track.track() }
        var engine = ScoringEngine(
            configuration: configuration,
            calibrations: calibrations.byModel,
            variants: calibrations.variants,
            state: EngineState(
                watermark: state.watermark,
                lastClosedTick: state.lastClosedTick,
                nextSampleID: state.nextSampleID,
                tracks: tracks
            )
        )
        for observation in try await store.openObservations(after: state.lastClosedTick) {
            if let id = observation.userCalibration, engine.variants[id] == nil {
                engine.learn(try await calibration(id, in: store), as: id)
            }
            engine.add(ScoringInput(observation), at: observation.tick)
        }
        return Restoration(
            state: state,
            calibrations: calibrations,
            configurationID: configurationID,
            engine: engine
        )
    }

    /// A kept calibration.
    ///
    /// - Parameters:
    ///   - id: of its artefact.
    ///   - store: the database.
    /// - Returns: the calibration, its digest checked.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package static func calibration(_ id: String, in store: Store) async throws -> Calibration {
        try Calibration(artefact: try await body(id, in: store))
    }

    private static func body(_ id: String, in store: Store) async throws -> [UInt8] {
        guard let artefact = try await store.artefact(id) else {
            throw StartupError("the artefact \(id) is not in the database")
        }
        guard artefactID(artefact.body) == id else {
            throw StartupError("the artefact \(id) was changed: its digest is \(artefactID(artefact.body))")
        }
        return artefact.body
    }
}

/// The name of an artefact: a digest of its bytes.
///
/// - Parameter bytes: the artefact.
/// - Returns: `sha256:` and 64 hexadecimal digits.
package func artefactID(_ bytes: [UInt8]) -> String { "sha256:" + sha256Hex(bytes) }

extension ScoringInput {
    fileprivate init(_ observation: OpenObservation) {
        self.init(
            model: observation.model,
            user: observation.user,
            time: observation.time,
            userRungs: observation.userRungs,
            userCalibration: observation.userCalibration,
            modelRungs: observation.modelRungs,
            campaign: observation.campaign,
            campaignRungs: observation.campaignRungs,
            isSceneKnown: observation.isSceneKnown
        )
    }
}
