import Domain
import Pipeline
import Scoring
import Storage

/// Counts the entries into levels that a replay of benign traffic makes, and what the guarantee allows.
struct EntryCount {
    private struct Count {
        var records = 0
        var users: Set<UserID> = []
        var steps = 0
        var tracks: Set<Entity> = []
        var entries: [Level: Int] = [:]
        var raised: [Entity: Level] = [:]
        /// By detector: the counts of its rungs.
        var rungs: [DetectorID: [Int]] = [:]
    }

    private let configuration: ScoringConfiguration
    private let calibrations: ActiveCalibrations
    private var counts: [ModelID: Count] = [:]

    init(_ configuration: ScoringConfiguration, _ calibrations: ActiveCalibrations) {
        self.configuration = configuration
        self.calibrations = calibrations
        for model in calibrations.byModel.keys { counts[model] = Count() }
    }

    mutating func add(_ batch: ScoredBatch) {
        for observation in batch.commit.observations { add(observation.record) }
        add(
            histograms: batch.commit.histograms,
            samples: batch.commit.samples,
            changes: batch.commit.levelChanges
        )
    }

    mutating func add(_ output: ScoringOutput) {
        add(histograms: output.histograms, samples: output.samples, changes: output.levelChanges)
    }

    mutating func add(_ record: Record) {
        counts[record.model]?.records += 1
        counts[record.model]?.users.insert(record.user)
    }

    private mutating func add(histograms: [TickHistogram], samples: [Sample], changes: [LevelChange]) {
        for histogram in histograms where !histogram.counts.isEmpty {
            guard let model = histogram.entity.model else { continue }
            // A model whose calibration bets by the query has no bets of its own.
            if !histogram.steps.isEmpty || calibrations.byModel[model]?.betsByQuery != true {
                counts[model]?.steps += histogram.steps.isEmpty ? 1 : histogram.queries
                counts[model]?.tracks.insert(histogram.entity)
            }
            // The pooled calibration's rungs: a user's own baseline has others.
            guard histogram.calibration == nil, !histogram.entity.isMember || histogram.entity.user != nil
            else {
                continue
            }
            for detector in histogram.counts {
                var rungs = counts[model]?.rungs[detector.detector] ?? []
                while rungs.count < detector.byRung.count { rungs.append(0) }
                for (rung, count) in detector.byRung.enumerated() { rungs[rung] += count }
                counts[model]?.rungs[detector.detector] = rungs
            }
        }
        // The guarantee is about tracks: what only the roll-up of members raised is counted at the members.
        let derived = Set(samples.filter(\.isDerived).map(\.id))
        for change in changes where change.from < change.to && !derived.contains(change.sample) {
            guard let model = change.entity.model else { continue }
            for level in Level.allCases where level > change.from && level <= change.to {
                counts[model]?.entries[level, default: 0] += 1
            }
            if change.to >= .medium {
                let before = counts[model]?.raised[change.entity] ?? .info
                counts[model]?.raised[change.entity] = max(before, change.to)
            }
        }
    }

    /// What was found, by model.
    var verdicts: [CalibrationVerification.Verdict] {
        counts.sorted { $0.key < $1.key }.map { model, count in
            var verdict = CalibrationVerification.Verdict(model: model)
            verdict.records = count.records
            verdict.users = count.users.count
            verdict.steps = count.steps
            verdict.tracks = count.tracks.count
            verdict.raised = count.raised
            let criticality = configuration.criticality(of: model)
            verdict.entries = Level.allCases.dropFirst().map { level in
                CalibrationVerification.Entries(
                    level: level,
                    guaranteed: configuration.falseEntries(
                        of: level,
                        steps: count.steps,
                        tracks: count.tracks.count,
                        criticality: criticality
                    ),
                    observed: count.entries[level] ?? 0
                )
            }
            verdict.exceedances = (calibrations.byModel[model]?.detectors ?? []).compactMap { detector in
                count.rungs[detector.detector].map { exceedance(detector, $0) }
            }
            return verdict
        }
    }

    private func exceedance(
        _ detector: DetectorCalibration,
        _ rungs: [Int]
    ) -> CalibrationVerification.Exceedance {
        let scored = rungs.reduce(0, +)
        let evidence = zip(rungs, detector.eValues).reduce(0.0) { sum, rung in
            sum + Double(rung.0) * Double(rung.1) / 4_294_967_296
        }
        return CalibrationVerification.Exceedance(
            detector: detector.detector,
            bound: detector.bounds.first ?? 1,
            exceeding: scored - (rungs.first ?? 0),
            scored: scored,
            meanEvidence: evidence / Double(max(1, scored))
        )
    }
}
