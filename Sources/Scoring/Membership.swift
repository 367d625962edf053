import Domain

/// A model's members of one kind that matter for its roll-up, and those that still can between two updates of theirs.
///
/// The roll-up of 100,000 users is needed on every tick, but evidence only fades between a member's queries: one
/// whose evidence counts for nothing, or for too little to matter, can be left out until the next ones.
struct Membership: Sendable {
    /// Members whose evidence may count for something.
    private var warm: [Entity: Evidences] = [:]
    /// Those whose odds may decide a level or add to the worst member's.
    private var hot: Set<Entity> = []
    /// The latest roll-ups: a tick asks for them several times, for the model, the whole service and the samples.
    private var exact: (tick: Tick, rollUp: RollUp)?
    private var quick: (tick: Tick, rollUp: RollUp, decides: Bool)?

    private struct Evidences: Hashable {
        let lanes: SIMD4<Int64>
        let tick: Int64
    }

    var isEmpty: Bool { warm.isEmpty }

    /// Takes in a member's track after an update.
    mutating func update(
        _ member: Entity,
        _ track: Track,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) {
        exact = nil
        quick = nil
        guard let tick = track.tick, configuration.combined(track.lanes.max() ?? 0) > 0 else {
            forget(member)
            return
        }
        let lanes = SIMD4(track.lanes[0], track.lanes[1], track.lanes[2], track.lanes[3])
        let evidences = Evidences(lanes: lanes, tick: tick.index)
        warm[member] = evidences
        let most = strongest(evidences, at: tick, configuration)
        if isHot(most, criticality, configuration) { hot.insert(member) } else { hot.remove(member) }
    }

    /// Forgets a member.
    mutating func forget(_ member: Entity) {
        exact = nil
        quick = nil
        warm[member] = nil
        hot.remove(member)
    }

    /// The roll-up at a tick, exact.
    ///
    /// Looks at all warm members only if no hot one decides, and then forgets those that have cooled.
    mutating func rollUp(
        at tick: Tick,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> RollUp {
        if let exact, exact.tick == tick { return exact.rollUp }
        var (result, decides) = hotRollUp(at: tick, criticality: criticality, configuration)
        if !decides { result = fullRollUp(at: tick, criticality: criticality, configuration) }
        exact = (tick, result)
        return result
    }

    /// The roll-up over all warm members; forgets those that have cooled.
    private mutating func fullRollUp(
        at tick: Tick,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> RollUp {
        hot = hot.filter { member in
            guard let evidences = warm[member] else { return true }
            return isHot(strongest(evidences, at: tick, configuration), criticality, configuration)
        }
        var result = RollUp(configuration, criticality: criticality)
        var cold: [Entity] = []
        for (member, evidences) in warm {
            let most = strongest(evidences, at: tick, configuration)
            if configuration.combined(most + configuration.decaySlack) == 0 { cold.append(member) }
            result.add(member, configuration.combined(most), criticality, configuration)
        }
        for member in cold { warm[member] = nil }
        return result
    }

    /// The roll-up at a tick over the hot members only: exact, or so low that it decides no level.
    mutating func hotRollUp(
        at tick: Tick,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> (rollUp: RollUp, decides: Bool) {
        if let quick, quick.tick == tick { return (quick.rollUp, quick.decides) }
        var result = RollUp(configuration, criticality: criticality)
        var decides = false
        for member in hot {
            guard let evidences = warm[member] else { continue }
            let evidence = configuration.combined(strongest(evidences, at: tick, configuration))
            result.add(member, evidence, criticality, configuration)
            if !isNegligible(configuration.oddsPPM(evidence, criticality: 1000), criticality, configuration) {
                decides = true
            }
        }
        quick = (tick, result, decides)
        return (result, decides)
    }

    private func strongest(_ evidences: Evidences, at tick: Tick, _ configuration: ScoringConfiguration)
        -> Int64
    {
        let ticks = tick.index - evidences.tick
        var most: Int64 = 0
        for lane in 0..<4 {
            most = max(most, configuration.decayTables[lane].decay(evidences.lanes[lane], over: ticks))
        }
        return most
    }

    private func isHot(_ strongest: Int64, _ criticality: Int64, _ configuration: ScoringConfiguration)
        -> Bool
    {
        let bound = min(configuration.cap, strongest + configuration.decaySlack)
        let odds = configuration.oddsPPM(configuration.combined(bound), criticality: 1000)
        return !isNegligible(odds, criticality, configuration)
    }

    /// Whether a member of these odds adds nothing to a worse one, and alone is below every exit, with roundings.
    private func isNegligible(_ odds: Int64, _ criticality: Int64, _ configuration: ScoringConfiguration)
        -> Bool
    {
        let weighted = criticality * (odds + 1) / 1000 + 1
        return odds <= configuration.oddsFloor && weighted <= configuration.oddsFloor
            && configuration.oddsToMilli(weighted) + 1 < configuration.exit[0]
    }
}

extension RollUp {
    fileprivate mutating func add(
        _ entity: Entity,
        _ evidence: Int64,
        _ criticality: Int64,
        _ configuration: ScoringConfiguration
    ) {
        guard evidence > 0 else { return }
        add(
            entity,
            odds: configuration.oddsPPM(evidence, criticality: 1000),
            score: configuration.scoreMilli(evidence, criticality: criticality)
        )
    }
}
