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
        let capital: Capital
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
        let capital = Capital(track, configuration)
        guard let tick = track.tick, capital.evidence(after: 0, configuration) > 0 else {
            forget(member)
            return
        }
        let evidences = Evidences(capital: capital, tick: tick.index)
        warm[member] = evidences
        if isHot(evidences, at: tick, criticality, configuration) {
            hot.insert(member)
        } else {
            hot.remove(member)
        }
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
            return isHot(evidences, at: tick, criticality, configuration)
        }
        var result = RollUp(configuration, criticality: criticality)
        var cold: [Entity] = []
        for (member, evidences) in warm {
            let evidence = evidence(evidences, at: tick, configuration)
            if evidence == 0, self.evidence(evidences, at: tick, configuration, configuration.decaySlack) == 0
            {
                cold.append(member)
            }
            result.add(member, evidence, criticality, configuration)
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
        let (result, decides) = hotRollUp(at: tick, slack: 0, criticality: criticality, configuration)
        quick = (tick, result, decides)
        return (result, decides)
    }

    /// The same where every lane is off by some units; nothing is remembered.
    func hotRollUp(
        at tick: Tick,
        slack: Int64,
        criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> (rollUp: RollUp, decides: Bool) {
        var result = RollUp(configuration, criticality: criticality)
        var decides = false
        for member in hot {
            guard let evidences = warm[member] else { continue }
            let evidence = evidence(evidences, at: tick, configuration, slack)
            result.add(member, evidence, criticality, configuration)
            if !isNegligible(configuration.oddsPPM(evidence, criticality: 1000), criticality, configuration) {
                decides = true
            }
        }
        return (result, decides)
    }

    private func evidence(
        _ evidences: Evidences,
        at tick: Tick,
        _ configuration: ScoringConfiguration,
        _ slack: Int64 = 0
    ) -> Int64 {
        evidences.capital.evidence(after: tick.index - evidences.tick, configuration, slack: slack)
    }

    private func isHot(
        _ evidences: Evidences,
        at tick: Tick,
        _ criticality: Int64,
        _ configuration: ScoringConfiguration
    ) -> Bool {
        let bound = evidence(evidences, at: tick, configuration, configuration.decaySlack)
        return !isNegligible(configuration.oddsPPM(bound, criticality: 1000), criticality, configuration)
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
