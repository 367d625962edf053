package import Domain

/// When a level falls if nothing more is asked.
package struct Clearing: Hashable, Sendable {
    /// It falls below this level.
    package let below: Level
    /// After so many ticks without queries from the last closed one on; nil: not within what was looked at.
    package let ticks: Int64?
}

extension ScoringEngine {
    /// When the level of an entity falls, level by level, if nothing more is asked of anybody.
    ///
    /// Not an estimate: the ticks are those at which the pipeline's equations would change the level. Without queries evidence
    /// only fades, so a stretch of ticks in which nothing can change is found by bisection, whatever its length; only ticks so
    /// near a threshold that roundings decide are looked at one by one. Reading changes nothing.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - limit: how many ticks are looked at, at most.
    /// - Returns: the levels from the present one down to low, each with the time of its fall; empty at info.
    package func clearings(of entity: Entity, within limit: Int64) -> [Clearing] {
        guard let track = tracks[entity], track.level > .info, let last = lastClosedTick else { return [] }
        var silence = QuietSpell(track, configuration)
        silence.pass(limit) { ticks, slack in
            quietScore(of: entity, at: Tick(last.index + ticks), slack: slack)
        }
        return Level.allCases.reversed().filter { $0 > .info && $0 <= track.level }.map { level in
            Clearing(below: level, ticks: silence.falls[level])
        }
    }

    /// The score of a later tick without queries before it; where it decides no level, any that decides none.
    private func quietScore(of entity: Entity, at tick: Tick, slack: Int64) -> Int64 {
        switch entity {
        case .user, .campaign: ownQuietScore(of: entity, at: tick, slack: slack).score
        case .model(let model): quietStanding(of: model, at: tick, slack: slack).score
        case .global:
            members.keys.reduce(into: RollUp(configuration, criticality: 1000)) { rollUp, model in
                let standing = quietStanding(of: model, at: tick, slack: slack)
                rollUp.add(.model(model), odds: standing.odds, score: standing.score)
            }.score
        }
    }

    private func quietStanding(of model: ModelID, at tick: Tick, slack: Int64) -> Standing {
        let criticality = configuration.criticality(of: model)
        let own = ownQuietScore(of: .model(model), at: tick, slack: slack)
        let rollUp = members[model]?.hotRollUp(
            at: tick,
            slack: slack,
            criticality: criticality,
            configuration
        )
        return Standing(
            ownOdds: own.odds,
            ownScore: own.score,
            rollUp: rollUp ?? RollUp(configuration, criticality: criticality),
            isKnown: true
        )
    }

    private func ownQuietScore(of entity: Entity, at tick: Tick, slack: Int64) -> (odds: Int64, score: Int64)
    {
        let criticality = entity.model.map { configuration.criticality(of: $0) } ?? 1000
        guard let track = tracks[entity] else { return (0, 0) }
        let evidence = Capital(track, configuration)
            .evidence(after: track.age(at: tick), configuration, slack: slack)
        return (
            configuration.oddsPPM(evidence, criticality: criticality),
            configuration.scoreMilli(evidence, criticality: criticality)
        )
    }
}

/// A level as it falls while nothing is asked.
private struct QuietSpell {
    private var track: Track
    private let configuration: ScoringConfiguration
    /// After how many ticks each level was left.
    private(set) var falls: [Level: Int64] = [:]

    init(_ track: Track, _ configuration: ScoringConfiguration) {
        self.track = track
        self.configuration = configuration
    }

    /// Lets ticks pass, until the level can fall no more.
    ///
    /// - Parameters:
    ///   - limit: how many.
    ///   - score: of the tick so many after the last closed one, where every lane is so many units off.
    mutating func pass(_ limit: Int64, _ score: (_ ticks: Int64, _ slack: Int64) -> Int64) {
        // One more tick may leave a few units more: what holds with the slack holds for all ticks before, or all after.
        let slack = configuration.decaySlack
        var ticks: Int64 = 0
        // A pin holds the level however long one waits.
        while track.level > .info, track.level != track.pinned, ticks < limit {
            let exit = configuration.exit[track.level.rawValue - 1]
            let highest = score(ticks + 1, slack)
            let canRise = track.level < .critical && highest >= configuration.enter[track.level.rawValue]
            if !canRise, score(ticks + 1, -slack) >= exit {
                ticks = Self.last(in: ticks + 1...limit) { score($0, -slack) >= exit }
                evaluate(score(ticks, 0), at: ticks)
            } else if !canRise, highest < exit {
                let level = track.level
                while track.level == level, ticks < limit {
                    ticks += 1
                    evaluate(highest, at: ticks)
                }
            } else {
                ticks += 1
                evaluate(score(ticks, 0), at: ticks)
            }
        }
    }

    private mutating func evaluate(_ score: Int64, at ticks: Int64) {
        let before = track.level
        track.evaluate(score, configuration)
        for level in Level.allCases where level > track.level && level <= before && falls[level] == nil {
            falls[level] = ticks
        }
    }

    /// The last of some ticks until which something holds that holds for the first.
    private static func last(in ticks: ClosedRange<Int64>, _ holds: (Int64) -> Bool) -> Int64 {
        var (least, most) = (ticks.lowerBound, ticks.upperBound)
        while least < most {
            let middle = least + (most - least + 1) / 2
            if holds(middle) { least = middle } else { most = middle - 1 }
        }
        return least
    }
}
