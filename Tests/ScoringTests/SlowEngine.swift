import Domain

@testable import Scoring

/// The rules of the engine, written down plainly: every entity is evaluated on every tick, nothing is left out,
/// nothing is forgotten.
struct SlowEngine {
    private let scenario: Scenario
    private var tracks: [Entity: SlowTrack] = [:]
    private var levels: [Entity: Track] = [:]
    private var nextID: Int64 = 1

    init(_ scenario: Scenario) { self.scenario = scenario }

    private var rules: ScoringConfiguration { scenario.configuration }

    /// - Parameters:
    ///   - histograms: of all ticks.
    ///   - actions: what people did, each after a closed tick.
    /// - Returns: what an engine is to say.
    mutating func run(_ histograms: [TickHistogram], _ actions: [Action] = []) -> (
        samples: [Sample], changes: [LevelChange]
    ) {
        var samples: [Sample] = []
        var changes: [LevelChange] = []
        let byTick = Dictionary(grouping: histograms, by: \.tick)
        guard let first = byTick.keys.min() else { return ([], []) }
        let last = rules.tick(of: scenario.end).index - 1
        for index in first.index...max(last, byTick.keys.max()?.index ?? last) {
            let tick = Tick(index)
            let seen = byTick[tick] ?? []
            for histogram in seen where !histogram.counts.isEmpty {
                let pooled = histogram.entity.model.flatMap { scenario.calibrations[$0] }
                let own = histogram.calibration.flatMap { scenario.variants[$0] }
                guard let calibration = own ?? pooled else { continue }
                tracks[histogram.entity, default: SlowTrack()].take(histogram, calibration, rules)
            }
            var queries = Dictionary(uniqueKeysWithValues: seen.map { ($0.entity, $0.queries) })
            if !seen.isEmpty {
                queries[.global] = seen.filter { !$0.entity.isMember }.reduce(0) { $0 + $1.queries }
            }
            let entities = Set(tracks.keys).union(queries.keys).union([.global])
            for entity in entities.sorted() {
                let score = view(entity, at: tick, explained: false).score
                let before = levels[entity]?.level ?? .info
                levels[entity, default: Track()].evaluate(score, rules)
                let level = levels[entity]?.level ?? .info
                guard queries[entity] != nil || level != before else { continue }
                issue(entity, at: tick, queries[entity] ?? 0, before, &samples, &changes)
            }
            for action in actions where action.tick == tick {
                let before = levels[action.entity]?.level ?? .info
                switch action.what {
                case .pin: levels[action.entity]?.pin()
                case .unpin: levels[action.entity]?.unpin()
                case .reset:
                    tracks[action.entity]?.reset()
                    var level = Track()
                    level.evaluate(view(action.entity, at: tick, explained: false).score, rules)
                    levels[action.entity] = level
                    issue(action.entity, at: tick, 0, before, &samples, &changes)
                }
            }
        }
        return (samples, changes)
    }

    private mutating func issue(
        _ entity: Entity,
        at tick: Tick,
        _ queries: Int,
        _ before: Level,
        _ samples: inout [Sample],
        _ changes: inout [LevelChange]
    ) {
        let view = view(entity, at: tick, explained: true)
        let isKnown = entity.model.map { scenario.calibrations[$0] != nil } ?? true
        let level = levels[entity]?.level ?? .info
        samples.append(
            Sample(
                id: nextID,
                entity: entity,
                tick: tick,
                queries: queries,
                score: view.score,
                level: isKnown ? level : nil,
                pinned: levels[entity]?.pinned,
                lane: isKnown ? view.lane : nil,
                lanes: isKnown ? view.lanes : [],
                evidence: view.evidence,
                isDerived: view.isDerived,
                contributions: view.parts
            )
        )
        if level != before {
            changes.append(LevelChange(sample: nextID, entity: entity, tick: tick, from: before, to: level))
        }
        nextID += 1
    }

    /// What people did after a tick.
    struct Action {
        let tick: Tick
        let what: Intervention
        let entity: Entity
    }

    private struct View {
        var odds: Int64 = 0
        var score: Int64 = 0
        var lane: Lane?
        var lanes: [Int64] = []
        var evidence: Int64 = 0
        var isDerived = false
        var parts: [Contribution] = []
    }

    private func own(_ entity: Entity, at tick: Tick, explained: Bool) -> View {
        let track = tracks[entity] ?? SlowTrack()
        let criticality = entity.model.map { rules.criticality(of: $0) } ?? 1000
        let evidence = track.evidence(at: tick, rules)
        let explanation = explained ? track.explain(at: tick, criticality: criticality, rules) : nil
        return View(
            odds: rules.oddsPPM(evidence, criticality: criticality),
            score: rules.scoreMilli(evidence, criticality: criticality),
            lane: explanation?.lane,
            lanes: track.horizons(at: tick, rules),
            evidence: evidence,
            parts: explanation?.parts ?? []
        )
    }

    private func view(_ entity: Entity, at tick: Tick, explained: Bool) -> View {
        switch entity {
        case .user, .campaign: return own(entity, at: tick, explained: explained)
        case .model(let model):
            var view = own(entity, at: tick, explained: explained)
            // Users and campaigns group the same queries: the more serious of the two roll-ups counts.
            let groups = ["user", "campaign"].map { kind in
                let group = tracks.filter { $0.key.kind == kind && $0.key.model == model }
                let members = group.map { entity, track in
                    let evidence = track.evidence(at: tick, rules)
                    return (entity: entity, odds: rules.oddsPPM(evidence, criticality: 1000))
                }
                let odds = rules.rollUpPPM(members.map(\.odds), criticality: rules.criticality(of: model))
                let highest = group.keys.map { own($0, at: tick, explained: false).score }.max() ?? 0
                return (score: max(rules.oddsToMilli(odds), highest), odds: odds, members: members)
            }
            let isByCampaign = (groups[1].score, groups[1].odds) > (groups[0].score, groups[0].odds)
            let worse = groups[isByCampaign ? 1 : 0]
            view.odds = max(view.odds, worse.odds)
            if worse.score > view.score {
                view.score = worse.score
                view.isDerived = true
                view.lane = nil
                view.parts = split(worse.score, worse.members)
            }
            return view
        case .global:
            let models = scenario.calibrations.keys.map {
                (entity: Entity.model($0), view: self.view(.model($0), at: tick, explained: false))
            }
            let odds = rules.rollUpPPM(models.map(\.view.odds), criticality: 1000)
            let score = max(rules.oddsToMilli(odds), models.map(\.view.score).max() ?? 0)
            let parts = split(score, models.map { ($0.entity, $0.view.odds) })
            return View(odds: odds, score: score, isDerived: true, parts: parts)
        }
    }

    /// Parts in proportion to what each member adds to the odds; the worst takes what rounding leaves.
    private func split(_ score: Int64, _ members: [(entity: Entity, odds: Int64)]) -> [Contribution] {
        let sorted = members.sorted { $0.odds == $1.odds ? $0.entity < $1.entity : $0.odds > $1.odds }
        guard let worst = sorted.first, worst.odds > 0 else { return [] }
        let extras = sorted.dropFirst().map { ($0.entity.description, max(0, $0.odds - rules.oddsFloor)) }
        let whole = worst.odds * rules.othersDivisor + extras.reduce(0) { $0 + $1.1 }
        var parts = extras.prefix(9).map { Contribution(name: $0.0, milliPoints: score * $0.1 / whole) }
        let rest = extras.dropFirst(9).reduce(0) { $0 + $1.1 }
        parts.append(Contribution(name: "others", milliPoints: score * rest / whole))
        let left = score - parts.reduce(0) { $0 + $1.milliPoints }
        parts.append(Contribution(name: worst.entity.description, milliPoints: left))
        return parts.inOrder
    }
}
