package import Alerting
package import Domain
package import Runtime
package import Scoring
package import Storage

/// What a scorer is made of: where it stands, by which rules it goes on, and what it works with. The same state and rules
/// give the same scores, whatever the means.
extension BatchScorer {
    /// Where scoring stands.
    package struct State {
        /// With tracks and open ticks restored.
        package var engine: ScoringEngine
        /// With alerts restored.
        package var book: AlertBook
        /// With histories restored.
        package var detectors: Detectors
        /// Notices when calibrations no longer hold, as it was.
        package var monitor: CalibrationMonitor
        /// Notices when too much of what is logged cannot be seen, as it was.
        package var coverage = CoverageKeeper()
        /// How far the database is.
        package var progress: Progress
        /// How far the sources have come in event time.
        package var events: EventProgress

        /// The state of a database.
        ///
        /// - Parameters:
        ///   - restoration: what was restored of it.
        ///   - book: with alerts restored.
        ///   - detectors: with histories restored.
        ///   - monitor: as it was; nil: one that has seen nothing.
        package init(
            _ restoration: Restoration,
            book: AlertBook,
            detectors: Detectors,
            monitor: CalibrationMonitor? = nil
        ) {
            let engine = restoration.engine
            self.engine = engine
            self.book = book
            self.detectors = detectors
            self.monitor =
                monitor ?? CalibrationMonitor(engine.configuration, restoration.calibrations.byModel)
            progress = Progress(batch: restoration.state.batch, sequence: restoration.state.sequence)
            events = restoration.events
        }

        /// The state before the first record.
        ///
        /// - Parameters:
        ///   - engine: without tracks.
        ///   - book: without alerts.
        ///   - detectors: without histories.
        ///   - calibrations: what scores will be read by.
        package init(
            fresh engine: ScoringEngine,
            book: AlertBook,
            detectors: Detectors,
            calibrations: ActiveCalibrations
        ) {
            self.engine = engine
            self.book = book
            self.detectors = detectors
            monitor = CalibrationMonitor(engine.configuration, calibrations.byModel)
            progress = Progress(batch: 0, sequence: 0)
            events = EventProgress(lateness: engine.configuration.lateness)
        }
    }

    /// By which rules records are scored.
    package struct Rules {
        /// What turns scores into rungs.
        package var calibrations: ActiveCalibrations
        /// Which part of a model's users a record shows its user to be in.
        package var strata: StratumRules
        /// Of the scoring configuration's artefact; empty where nothing is stored.
        package var configurationID: String
        /// Whether nobody is told of alerts, because the log is a recorded one.
        package var isSilent = false
        /// The zone of times that name none.
        package var zone = LogZone.utc
        /// What models are called.
        package var names = ModelNames()

        /// Rules; see the properties.
        package init(calibrations: ActiveCalibrations, strata: StratumRules, configurationID: String) {
            self.calibrations = calibrations
            self.strata = strata
            self.configurationID = configurationID
        }
    }

    /// What a scorer works with.
    package struct Means {
        /// The threads that decode.
        package var pool: WorkerPool
        /// Learns users' own baselines; nil: none are learnt.
        package var learner: OwnBaselineLearner?
        /// Told how long the stages take.
        package var stages: StageClock?
        /// The wall clock, which dates dead letters and nothing else.
        package var clock: @Sendable () -> Timestamp
        /// What the database knows of some records.
        package var seen: @Sendable ([SeenKey]) async throws -> SeenRecords

        /// Means; see the properties.
        package init(
            pool: WorkerPool,
            clock: @escaping @Sendable () -> Timestamp,
            seen: @escaping @Sendable ([SeenKey]) async throws -> SeenRecords
        ) {
            self.pool = pool
            self.clock = clock
            self.seen = seen
        }
    }
}
