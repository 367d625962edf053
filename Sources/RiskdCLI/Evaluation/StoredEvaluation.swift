import Domain
import RiskdDaemon
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
                        tick: observation.tick,
                        isAlarmed: verdict.isAlarmed,
                        rarity: verdict.rarity
                    )
                )
            }
        }
        return Evaluation(judged, truth: truth, reached: try await reached())
    }

    /// Of each entity, the levels that it reached and when first.
    private func reached() async throws -> [Entity: Evaluation.Reached] {
        var reached: [Entity: Evaluation.Reached] = [:]
        var after: Int64 = 0
        while true {
            let page = try await store.samples(after: after, limit: 5000)
            guard let last = page.last else { return reached }
            after = last.sample.id
            for sample in page.map(\.sample) {
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
