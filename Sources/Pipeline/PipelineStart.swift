package import Alerting
package import Configuration
package import Coverage
package import Domain
package import Runtime
package import Scoring
import ServiceHost
package import Storage

/// Brings a pipeline to where the last one stopped.
package struct PipelineStart {
    /// A pipeline's state, restored.
    package struct Restored {
        /// Goes on with the scored order.
        package let scorer: BatchScorer
        /// What is known of every source.
        package let sources: [SourceFile]
        /// The last sequence number.
        package let sequence: Int64
        /// The calibrations in force.
        package let calibrations: ActiveCalibrations
    }

    package let store: Store
    let scoring: ScoringConfiguration
    let pool: WorkerPool
    let log: Log
    let alerts: AlertPolicy
    /// Whether nobody is told of alerts.
    let isSilent: Bool
    /// Tells parts of models' users apart.
    let calibration: Configuration.Calibration
    /// The connection that own baselines are learnt over.
    let reader: RetryingReader
    /// The zone of times that name none.
    var zone = LogZone.utc
    /// How much of what is logged has to be seen.
    package var coverage = CoverageSettings()
    /// What models are called.
    var names = ModelNames()
    var stages: StageClock?
    /// Whether what is being scored will not be needed any more, because riskd is to stop.
    package let isAbandoned: @Sendable () -> Bool
    /// Keeps signatures for the next start.
    var signatureCache: SignatureCache?
    /// What dates dead letters.
    let now: @Sendable () -> Timestamp

    /// A start; see the properties.
    package init(
        store: Store,
        scoring: ScoringConfiguration,
        pool: WorkerPool,
        log: Log,
        alerts: AlertPolicy,
        isSilent: Bool,
        calibration: Configuration.Calibration,
        reader: RetryingReader,
        zone: LogZone = LogZone.utc,
        coverage: CoverageSettings = CoverageSettings(),
        names: ModelNames = ModelNames(),
        stages: StageClock? = nil,
        isAbandoned: @escaping @Sendable () -> Bool = { false },
        signatureCache: SignatureCache? = nil,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.scoring = scoring
        self.pool = pool
        self.log = log
        self.alerts = alerts
        self.isSilent = isSilent
        self.calibration = calibration
        self.reader = reader
        self.zone = zone
        self.coverage = coverage
        self.names = names
        self.stages = stages
        self.isAbandoned = isAbandoned
        self.signatureCache = signatureCache
        self.now = now
    }

    /// Restores everything, and begins an epoch where configuration or calibrations are new.
    ///
    /// - Parameters:
    ///   - plans: the detectors.
    ///   - seen: what the database knows of some records.
    /// - Returns: the state.
    /// - Throws: `StorageError`, `StartupError` or `ScoringError`.
    package func restore(
        _ plans: DetectorPlans,
        seen: @escaping @Sendable ([SeenKey]) async throws -> SeenRecords
    ) async throws -> Restored {
        var current = try await Restoration.current(store, configuration: scoring, plans: plans, log: log)
        var epoch = current.state.epochs.last
        if current.isNewEpoch {
            if let last = current.state.epochs.last {
                // Ticks that hold records of the last epoch are closed by its rules before this one begins.
                let past = try await Restoration.past(store, epoch: last)
                let scorer = try await scorer(past, Detectors(plans: plans, pool: pool), last, seen)
                try await store.commit(scorer.closeEpoch().commit)
                current = try await Restoration.current(
                    store,
                    configuration: scoring,
                    plans: plans,
                    log: Log(threshold: .error)
                )
            }
            try await store.addEpoch(current.epoch)
            epoch = current.epoch
        }
        let detectors = Detectors(plans: plans, pool: pool, stages: stages, signatureCache: signatureCache)
        detectors.isAbandoned = isAbandoned
        var lastReport = ContinuousClock.now
        let reload = try await detectors.restore(from: store) { count in
            guard ContinuousClock.now - lastReport > .seconds(2) else { return }
            lastReport = .now
            log.write(.info, "reloading the similarity history", ["images": "\(count)"])
            ServiceManager.extendTimeout(by: .seconds(30))
            ServiceManager.watchdog()
        }
        if reload.images > 0 {
            log.write(
                .info,
                "reloaded the similarity history",
                [
                    "images": "\(reload.images)", "signatures_kept": "\(reload.keptSignatures)",
                    "seconds": "\((reload.duration.inSeconds * 100).rounded() / 100)",
                ]
            )
        }
        stages?.set(reload)
        return Restored(
            scorer: try await scorer(current, detectors, epoch, seen),
            sources: current.state.sources,
            sequence: current.state.sequence,
            calibrations: current.calibrations
        )
    }

    private func scorer(
        _ restoration: Restoration,
        _ detectors: Detectors,
        _ epoch: Epoch?,
        _ seen: @escaping @Sendable ([SeenKey]) async throws -> SeenRecords
    ) async throws -> BatchScorer {
        var (keeper, versions) = try CoverageKeeper.restored(coverage, try await store.coverage())
        let monitor = try await monitor(restoration, epoch, versions)
        keeper.expect(
            { Set(detectors.plans.opinionDetectors(on: $0)) },
            after: restoration.state.lastClosedTick
        )
        var state = BatchScorer.State(
            restoration,
            book: try await restoration.alertBook(alerts, from: store),
            detectors: detectors,
            monitor: monitor
        )
        state.coverage = keeper
        var rules = BatchScorer.Rules(
            calibrations: restoration.calibrations,
            strata: StratumRules(calibration),
            configurationID: restoration.configurationID
        )
        rules.isSilent = isSilent
        rules.zone = zone
        rules.names = names
        var means = BatchScorer.Means(pool: pool, clock: now, seen: seen)
        means.learner = learner(detectors.plans)
        means.stages = stages
        return BatchScorer(state, rules, means)
    }

    private func learner(_ plans: DetectorPlans) -> OwnBaselineLearner {
        OwnBaselineLearner(
            reader: reader,
            plans: plans,
            scoring: scoring,
            fractions: calibration.fractions,
            delta: calibration.delta,
            needed: calibration.ownAfter
        )
    }

    /// The monitor as it was: told again what was counted since the last window but one began, in this epoch.
    private func monitor(
        _ restoration: Restoration,
        _ epoch: Epoch?,
        _ versions: [ModelID: VersionTrail]
    ) async throws -> CalibrationMonitor {
        let engine = restoration.engine
        var monitor = CalibrationMonitor(engine.configuration, restoration.calibrations.byModel)
        for (model, trail) in versions { monitor.restore(trail, of: model) }
        guard let last = restoration.state.lastClosedTick else { return monitor }
        let first = max(monitor.firstTickNeeded(after: last), epoch?.firstTick ?? Tick(.min))
        var variants = restoration.calibrations.variants
        var read = first.index == .min ? nil : Tick(first.index - 1)
        while true {
            let histograms = try await store.histograms(after: read)
            guard let newest = histograms.last?.tick else { break }
            for id in Set(histograms.compactMap(\.calibration)) where variants[id] == nil {
                variants[id] = try await Restoration.calibration(id, in: store)
            }
            _ = monitor.add(histograms, variants)
            read = newest
        }
        for change in try await store.calibrationHealth(through: last) { monitor.restore(change) }
        return monitor
    }
}
