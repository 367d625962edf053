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
        var epochs: [(first: Tick, judges: [ModelID: Judge])] = []
        for epoch in try await store.epochs() {
            let calibrations = try await Restoration.artefacts(of: epoch, in: store).calibrations.byModel
            epochs.append((epoch.firstTick, calibrations.mapValues { Judge($0, choice) }))
        }
        var judged: [Evaluation.Judged] = []
        var after: Int64 = 0
        while true {
            let page = try await store.observations(after: after, limit: 2000)
            guard let last = page.last else { break }
            after = last.sequence
            judged += page.map { observation in
                let model = observation.record.model
                let judge = epochs.last { $0.first <= observation.tick }?.judges[model]
                let rungs = observation.userRungs + observation.modelRungs + observation.campaignRungs
                return Evaluation.Judged(
                    record: observation.record.id.name,
                    sequence: observation.sequence,
                    entity: .user(observation.record.user, model: model),
                    campaign: observation.link?.step.map { .campaign($0.campaign, model: model) },
                    tick: observation.tick,
                    isAlarmed: judge?.rule.isAlarm(rungs) ?? false,
                    rarity: judge?.calibration.rarity(of: rungs) ?? 1
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

    private struct Judge {
        let calibration: Calibration
        let rule: AlarmRule

        init(_ calibration: Calibration, _ choice: AlarmRule.Choice) {
            self.calibration = calibration
            rule = AlarmRule(choice, calibration)
        }
    }
}
