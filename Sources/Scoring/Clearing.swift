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
    /// Not an estimate: ticks are closed one after the other, by the same equations as those of the pipeline. Reading
    /// changes nothing.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - limit: how many ticks are looked at, at most.
    ///   - effort: how many evaluations of tracks are made, at most.
    /// - Returns: the levels from the present one down to low, each with the time of its fall; empty at info.
    package func clearings(
        of entity: Entity,
        within limit: Int64,
        effort: Int = 4_000_000
    ) -> [Clearing] {
        guard let track = tracks[entity], track.level > .info, let last = lastClosedTick else { return [] }
        let falls =
            entity.isMember
            ? memberFalls(of: entity, track, after: last, limit: min(limit, Int64(effort)))
            : rollUpFalls(of: entity, after: last, limit: limit, effort: effort)
        return Level.allCases.reversed().filter { $0 > .info && $0 <= track.level }.map { level in
            Clearing(below: level, ticks: falls[level])
        }
    }

    private func memberFalls(
        of entity: Entity,
        _ stored: Track,
        after last: Tick,
        limit: Int64
    ) -> [Level: Int64] {
        let criticality = entity.model.map { configuration.criticality(of: $0) } ?? 1000
        var track = stored
        var falls: [Level: Int64] = [:]
        for ticks in 1...max(1, limit) {
            let tick = Tick(last.index + ticks)
            let before = track.level
            track.evaluate(track.score(at: tick, criticality: criticality, configuration), configuration)
            falls.note(before, track.level, after: ticks)
            // A pin holds the level however long one waits.
            if track.level == .info || track.level == track.pinned { break }
        }
        return falls
    }

    private func rollUpFalls(
        of entity: Entity,
        after last: Tick,
        limit: Int64,
        effort: Int
    ) -> [Level: Int64] {
        var copy = self
        var falls: [Level: Int64] = [:]
        var (ticks, left): (Int64, Int) = (0, effort)
        var level = tracks[entity]?.level ?? .info
        while ticks < limit, left > 0, level > .info {
            ticks += 1
            left -= max(1, copy.elevated.count)
            var output = ScoringOutput()
            copy.settle(through: Tick(last.index + ticks), into: &output)
            let after = copy.tracks[entity]?.level ?? .info
            falls.note(level, after, after: ticks)
            level = after
            if let pinned = copy.tracks[entity]?.pinned, level == pinned { break }
        }
        return falls
    }
}

extension [Level: Int64] {
    /// Notes that every level above the one after was left.
    fileprivate mutating func note(_ before: Level, _ after: Level, after ticks: Int64) {
        guard after < before else { return }
        for level in Level.allCases where level > after && level <= before && self[level] == nil {
            self[level] = ticks
        }
    }
}
