import Alerting
package import Configuration
package import Domain
import Ingest
package import Pipeline
import Runtime
import Scoring
package import Storage

/// Replays held-out benign traffic through the pipeline, in memory, and counts what the guarantee is about.
package struct CalibrationVerification: Sendable {
    /// What one level's guarantee and observation are.
    package struct Entries: Hashable, Sendable {
        package let level: Level
        /// How many entries the guarantee allows to be expected, at most.
        package let guaranteed: Double
        /// How many there were.
        package let observed: Int
    }

    /// What one detector's bound on rung 1 and observation are.
    package struct Exceedance: Hashable, Sendable {
        package let detector: DetectorID
        /// u: the share of benign scores that may exceed rung 1.
        package let bound: Double
        /// How many did, of how many.
        package let exceeding: Int
        package let scored: Int
        /// The mean e-value, which is expected to be at most 1.
        package let meanEvidence: Double
    }

    /// What a replay found of one model.
    package struct Verdict: Hashable, Sendable {
        package let model: ModelID
        /// Records replayed, and their users.
        package var records = 0
        package var users = 0
        /// T: bets of calibrated tracks (queries, or ticks where a calibration bets by the tick), over all tracks; U: those tracks.
        package var steps = 0
        package var tracks = 0
        /// By level, rising from low.
        package var entries: [Entries] = []
        /// By detector, of the pooled calibration's.
        package var exceedances: [Exceedance] = []
        /// The tracks that entered medium or above, with their highest level.
        package var raised: [Entity: Level] = [:]

        /// Whether no level was entered more often than guaranteed, and there was something to see.
        package var hasPassed: Bool {
            steps > 0 && entries.allSatisfy { Double($0.observed) <= $0.guaranteed }
        }
    }

    private let configuration: Configuration
    private let plans: DetectorPlans
    private let scoring: ScoringConfiguration
    private let calibrations: ActiveCalibrations

    /// A verification.
    ///
    /// - Parameters:
    ///   - configuration: checked settings.
    ///   - plans: the detectors.
    ///   - calibrations: what is to be verified.
    /// - Throws: `ScoringError` when the settings are out of range.
    package init(
        _ configuration: Configuration,
        plans: DetectorPlans,
        calibrations: ActiveCalibrations
    ) throws {
        self.configuration = configuration
        self.plans = plans
        self.calibrations = calibrations
        scoring = try ScoringConfiguration(configuration)
    }

    /// Replays recorded logs, through decoder, detectors and scoring.
    ///
    /// - Parameters:
    ///   - logs: benign traffic that the calibration was not built from.
    ///   - progress: told the bytes read and, where known, the bytes in all.
    /// - Returns: a verdict for every calibrated model, by model.
    /// - Throws: `IngestError`.
    package func run(
        on logs: [String],
        progress: (Int64, Int64?) -> Void
    ) async throws -> [Verdict] {
        let source = SourceFactory.recorded(logs, configuration.ingest, known: [])
        let pool = WorkerPool(width: configuration.workers)
        let met = MetIDs()
        var rules = BatchScorer.Rules(
            calibrations: calibrations,
            strata: StratumRules(configuration.calibration),
            configurationID: ""
        )
        rules.isSilent = true
        rules.zone = configuration.ingest.timeZone
        rules.names = ModelNames(configuration.ingest.modelNames)
        let scorer = BatchScorer(
            BatchScorer.State(
                fresh: engine(),
                book: silentBook,
                detectors: Detectors(plans: plans, pool: pool),
                calibrations: calibrations
            ),
            rules,
            BatchScorer.Means(pool: pool, clock: { Timestamp(milliseconds: 0) }, seen: met.add)
        )
        var count = EntryCount(scoring, calibrations)
        while true {
            let batch = try source.next(maximumItems: 256, maximumBytes: 16 << 20)
            try await scorer.score(batch) {
                count.add($0)
            } settle: { _ in
            }
            let position = source.progress
            progress(position.read, position.total)
            if batch.isCaughtUp && batch.items.isEmpty { break }
        }
        if let last = scorer.advance(to: nil) { count.add(last) }
        return count.verdicts
    }

    /// Scores what a database holds of a period anew, from the stored findings.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - since: the earliest event time; nil: from the first record on.
    ///   - until: the first event time that is too late; nil: to the last record.
    ///   - without: users to leave out: those known to attack. Who merely was at a high level is not: that is what is
    ///     verified.
    ///   - progress: told how many records were scored.
    /// - Returns: a verdict for every calibrated model, by model.
    /// - Throws: `StorageError`.
    package func run(
        on store: Store,
        since: Timestamp?,
        until: Timestamp?,
        without: Set<UserID>,
        progress: (Int) -> Void
    ) async throws -> [Verdict] {
        let strata = StratumRules(configuration.calibration)
        var engine = engine()
        var count = EntryCount(scoring, calibrations)
        var after: Int64 = 0
        var read = 0
        while true {
            let page = try await store.observations(after: after, since: since, until: until, limit: 5000)
            guard let last = page.last else { break }
            after = last.sequence
            for observation in page where !without.contains(observation.record.user) {
                count.add(engine.place(observation.record.time).output)
                count.add(observation.record)
                add(observation, to: &engine, strata)
            }
            read += page.count
            progress(read)
        }
        count.add(engine.closeAll())
        return count.verdicts
    }

    /// Alerts are no part of the guarantee, and nobody is told of these.
    private var silentBook: AlertBook {
        AlertBook(
            policy: AlertPolicy(),
            context: AlertContext(
                configurationID: "",
                calibrationIDs: [:],
                criticality: { [scoring] model in model.map { scoring.criticality(of: $0) } ?? 1000 },
                bound: { _, _ in nil },
                end: { [scoring] tick in scoring.end(of: tick) }
            ),
            alerts: [],
            nextNotice: 1
        )
    }

    private func engine() -> ScoringEngine {
        ScoringEngine(
            configuration: scoring,
            calibrations: calibrations.byModel,
            variants: calibrations.variants
        )
    }

    private func add(_ observation: Observation, to engine: inout ScoringEngine, _ strata: StratumRules) {
        let (record, findings) = (observation.record, observation.findings)
        let tick = engine.place(record.time).tick
        var variant = calibrations.variant(
            of: record.user,
            record.model,
            stratum: strata.stratum(of: record)
        )
        if let chosen = engine.userCalibration(record.user, of: record.model, at: tick) {
            variant = chosen.flatMap { id in engine.variants[id].map { NamedCalibration(id: id, $0) } }
        }
        let step = observation.link?.step
        engine.add(
            ScoringInput(
                model: record.model,
                user: record.user,
                time: record.time,
                userRungs: calibrations.rungs(
                    of: findings,
                    scope: .user,
                    model: record.model,
                    variant: variant?.calibration
                ),
                userCalibration: variant?.id,
                modelRungs: calibrations.rungs(of: findings, scope: .model, model: record.model),
                campaign: step?.campaign,
                campaignRungs: step.map { calibrations.rungs(of: $0, model: record.model) } ?? [],
                isSceneKnown: findings.isSceneKnown
            ),
            at: tick
        )
    }
}

/// The records so far: there is no database to ask.
private final class MetIDs: Sendable {
    private let ids = Locked<Set<SeenKey>>([])

    /// Which of some records were there before; they are from now on.
    @Sendable func add(_ keys: [SeenKey]) -> SeenRecords {
        ids.withLock { ids in
            let met = Set(keys).intersection(ids)
            ids.formUnion(keys)
            return SeenRecords(repeats: met)
        }
    }
}
