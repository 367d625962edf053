package import Domain

extension ScoringEngine {
    /// Does what people ask for, after the last closed tick and before the next (docs/design/evidence.md#what-people-do).
    ///
    /// Lowering evidence never breaks the bound on false alarms: a track that was reset has to climb again from
    /// nothing. A pin is no evidence: the score goes on as it would, and only the level does not fall.
    ///
    /// - Parameters:
    ///   - intervention: what is done.
    ///   - entity: whose track.
    /// - Returns: the sample that shows a reset, and the level change, if any; nothing before the first tick is closed
    ///   and of an entity that is like a new one.
    package mutating func intervene(_ intervention: Intervention, on entity: Entity) -> ScoringOutput {
        var output = ScoringOutput()
        guard let tick = lastClosedTick, let before = tracks[entity]?.level else { return output }
        switch intervention {
        case .pin: tracks[entity]?.pin()
        case .unpin: tracks[entity]?.unpin()
        case .reset: reset(entity, at: tick)
        }
        output.change(entity)
        let changed = note(entity, before: before, into: &output)
        if intervention == .reset { issue(assess(entity, at: tick), 0, changed, into: &output) }
        if tracks[entity]?.isZero == true { evict(entity, into: &output) }
        return output
    }

    private mutating func reset(_ entity: Entity, at tick: Tick) {
        tracks[entity]?.reset(score: 0, at: tick, configuration)
        switch entity {
        case .user, .campaign:
            if let model = entity.model { members[model]?.forget(entity) }
        case .model:
            let left = standing(of: entity, at: tick, isExact: true).score
            tracks[entity]?.reset(score: left, at: tick, configuration)
        case .global:
            let left = service(at: tick, isExact: true).score
            tracks[entity]?.reset(score: left, at: tick, configuration)
        }
    }
}
