import Domain
import Pipeline
import Scoring
import Storage

/// Reads what an evaluation needs from the database.
struct StoredEvaluation {
    private let store: Store
    private let choice: AlarmRule.Choice

    init(_ store: Store, _ choice: AlarmRule.Choice) {
        self.store = store
        self.choice = choice
    }

    /// Everything that is stored, against the truth.
    func read(_ truth: Truth) async throws -> Evaluation {
        var judges = try await Judges(store, choice)
        var judged: [Evaluation.Judged] = []
        var after: Int64 = 0
        while true {
            let page = try await store.observations(after: after, limit: 2000)
            guard let last = page.last else { break }
            after = last.sequence
            for observation in page {
                let model = observation.record.model
                let verdict = try await judges.verdict(on: observation)
                judged.append(
                    Evaluation.Judged(
                        record: observation.record.id.name,
                        sequence: observation.sequence,
                        entity: .user(observation.record.user, model: model),
                        campaign: observation.link?.step.map { .campaign($0.campaign, model: model) },
                        time: observation.record.time,
                        tick: observation.tick,
                        isAlarmed: verdict.isAlarmed,
                        rarity: verdict.rarity
                    )
                )
            }
        }
        let levels = LevelEvaluation(judged, truth: truth, histories: try await histories())
        let (reached, scores) = try await samples(of: levels.watched)
        var evaluation = Evaluation(judged, truth: truth, reached: reached, levels: levels)
        evaluation.scores = scores
        if let epoch = try await store.epochs().last {
            evaluation.thresholds = try await Restoration.artefacts(of: epoch, in: store).configuration.enter
        }
        return evaluation
    }

    /// The levels of each entity that ever changed its level.
    private func histories() async throws -> [Entity: LevelHistory] {
        var histories: [Entity: LevelHistory] = [:]
        var after: Int64 = 0
        while true {
            let page = try await store.levelChanges(after: after, limit: 5000)
            guard let last = page.last else { return histories }
            after = last.change.sample
            for stored in page {
                histories[stored.change.entity, default: LevelHistory()]
                    .append(stored.change.to, at: stored.time)
            }
        }
    }

    /// Of each entity, the levels that it reached and when first; and of some their scores.
    private func samples(
        of watched: Set<Entity>
    ) async throws -> (reached: [Entity: Evaluation.Reached], scores: [Entity: ScoreTrail]) {
        var reached: [Entity: Evaluation.Reached] = [:]
        var scores: [Entity: ScoreTrail] = [:]
        var after: Int64 = 0
        while true {
            let page = try await store.samples(after: after, limit: 5000)
            guard let last = page.last else { return (reached, scores) }
            after = last.sample.id
            for stored in page {
                let sample = stored.sample
                if watched.contains(sample.entity) {
                    scores[sample.entity, default: ScoreTrail()].append(sample.score, at: stored.time)
                }
                guard let level = sample.level, reached[sample.entity]?[level] == nil else { continue }
                reached[sample.entity, default: [:]][level] = sample.tick
            }
        }
    }
}

/// What the calibrations that were in force say of stored observations.
private struct Judges {
    private struct Judge {
        let calibration: Calibration
        let rule: AlarmRule

        init(_ calibration: Calibration, _ choice: AlarmRule.Choice) {
            self.calibration = calibration
            rule = AlarmRule(choice, calibration)
        }
    }

    private let store: Store
    private let choice: AlarmRule.Choice
    private var epochs: [(first: Tick, judges: [ModelID: Judge])] = []
    private var variants: [String: Judge] = [:]

    init(_ store: Store, _ choice: AlarmRule.Choice) async throws {
        self.store = store
        self.choice = choice
        for epoch in try await store.epochs() {
            let calibrations = try await Restoration.artefacts(of: epoch, in: store).calibrations.byModel
            epochs.append((epoch.firstTick, calibrations.mapValues { Judge($0, choice) }))
        }
    }

    /// Whether an observation is alarmed, and how rare its rarest rung is.
    mutating func verdict(on observation: Observation) async throws -> (isAlarmed: Bool, rarity: Double) {
        let model = observation.record.model
        guard let pooled = epochs.last(where: { $0.first <= observation.tick })?.judges[model] else {
            return (false, 1)
        }
        var own = pooled
        if let id = observation.userCalibration {
            if variants[id] == nil {
                variants[id] = Judge(try await Restoration.calibration(id, in: store), choice)
            }
            own = variants[id] ?? pooled
        }
        let shared = observation.modelRungs + observation.campaignRungs
        return (
            own.rule.isAlarm(observation.userRungs) || pooled.rule.isAlarm(shared),
            min(own.calibration.rarity(of: observation.userRungs), pooled.calibration.rarity(of: shared))
        )
    }
}
