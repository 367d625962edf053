package import Domain

extension ScoringEngine {
    /// The scores and levels at a tick if nothing more is seen until then; reading changes nothing.
    ///
    /// - Parameter tick: not before the last closed one, which is taken instead.
    /// - Returns: of every entity that differs from a new one, of every calibrated model and of the whole service, in
    ///   order.
    package func levels(at tick: Tick) -> [Assessment] {
        var copy = self
        var output = ScoringOutput()
        let reached = lastClosedTick.map { max($0, tick) } ?? tick
        copy.settle(through: reached, into: &output)
        var entities = Set(copy.tracks.keys)
        for model in calibrations.keys { entities.insert(.model(model)) }
        entities.insert(.global)
        return entities.sorted().map { copy.assess($0, at: reached) }
    }

    /// The score and level of one entity at a tick if nothing more is seen until then.
    ///
    /// - Parameters:
    ///   - entity: whose.
    ///   - tick: not before the last closed one, which is taken instead.
    /// - Returns: what a sample at that tick would say.
    package func level(of entity: Entity, at tick: Tick) -> Assessment {
        var copy = self
        var output = ScoringOutput()
        let reached = lastClosedTick.map { max($0, tick) } ?? tick
        copy.settle(through: reached, into: &output)
        return copy.assess(entity, at: reached)
    }

    mutating func assess(_ entity: Entity, at tick: Tick) -> Assessment {
        switch entity {
        case .user, .campaign: assess(member: entity, at: tick)
        case .model: assess(model: entity, at: tick)
        case .global: assessService(at: tick)
        }
    }

    func assess(member entity: Entity, at tick: Tick) -> Assessment {
        guard let model = entity.model, tracks[entity] != nil || isCalibrated(model, for: entity.scope) else {
            return Assessment(uncalibrated: entity, tick: tick)
        }
        return assess(
            own: tracks[entity] ?? Track(),
            of: entity,
            configuration.criticality(of: model),
            at: tick
        )
    }

    mutating func assess(model entity: Entity, at tick: Tick) -> Assessment {
        let calibration = entity.model.flatMap { calibrations[$0] }
        let standing = standing(of: entity, at: tick, isExact: true)
        guard let model = entity.model, calibration != nil || standing.isKnown else {
            return Assessment(uncalibrated: entity, tick: tick)
        }
        let own = tracks[entity] ?? Track()
        let plain = assess(own: own, of: entity, configuration.criticality(of: model), at: tick)
        guard standing.isDerived else { return plain }
        return Assessment(
            entity: entity,
            tick: tick,
            score: standing.score,
            level: own.level,
            pinned: own.pinned,
            lane: nil,
            lanes: plain.lanes,
            evidence: plain.evidence,
            isDerived: true,
            contributions: standing.rollUp.explain(standing.score)
        )
    }

    mutating func assessService(at tick: Tick) -> Assessment {
        guard !calibrations.isEmpty || !tracks.isEmpty else {
            return Assessment(uncalibrated: .global, tick: tick)
        }
        let rollUp = service(at: tick, isExact: true)
        return Assessment(
            entity: .global,
            tick: tick,
            score: rollUp.score,
            level: tracks[.global]?.level ?? .info,
            pinned: tracks[.global]?.pinned,
            lane: nil,
            lanes: [],
            evidence: 0,
            isDerived: true,
            contributions: rollUp.explain(rollUp.score)
        )
    }

    /// How a model stands: by its own track, or by its users or its campaigns where they weigh more.
    ///
    /// - Parameters:
    ///   - entity: a model.
    ///   - tick: not before its last update.
    ///   - isExact: otherwise the score may be any that is below every exit, where the true one is.
    /// - Returns: odds and score, and the roll-up that weighs more.
    mutating func standing(of entity: Entity, at tick: Tick, isExact: Bool) -> Standing {
        let criticality = entity.model.map { configuration.criticality(of: $0) } ?? 1000
        let evidence = tracks[entity]?.evidence(at: tick, configuration) ?? 0
        var rollUp = RollUp(configuration, criticality: criticality)
        var isKnown = tracks[entity] != nil
        if let model = entity.model, var parts = members.removeValue(forKey: model) {
            rollUp = parts.rollUp(at: tick, isExact: isExact, criticality: criticality, configuration)
            // Only now: the roll-up forgets members that have cooled, which a restart would count again.
            isKnown = isKnown || !parts.isEmpty
            members[model] = parts
        }
        return Standing(
            ownOdds: configuration.oddsPPM(evidence, criticality: criticality),
            ownScore: configuration.scoreMilli(evidence, criticality: criticality),
            rollUp: rollUp,
            isKnown: isKnown
        )
    }

    /// The roll-up over all models; as exact as asked for, as in ``standing(of:at:isExact:)``.
    mutating func service(at tick: Tick, isExact: Bool) -> RollUp {
        var rollUp = RollUp(configuration, criticality: 1000)
        for model in Array(members.keys) {
            let standing = standing(of: .model(model), at: tick, isExact: isExact)
            rollUp.add(.model(model), odds: standing.odds, score: standing.score)
        }
        return rollUp
    }

    private func isCalibrated(_ model: ModelID, for scope: SimilarityScope?) -> Bool {
        guard let scope else { return false }
        return calibrations[model]?.detectors(feeding: scope).isEmpty == false
    }

    private func assess(own track: Track, of entity: Entity, _ criticality: Int64, at tick: Tick)
        -> Assessment
    {
        Assessment(
            entity: entity,
            tick: tick,
            score: track.score(at: tick, criticality: criticality, configuration),
            level: track.level,
            pinned: track.pinned,
            lane: track.lane(at: tick, configuration),
            lanes: track.lanes(at: tick, configuration),
            evidence: track.evidence(at: tick, configuration),
            isDerived: false,
            contributions: track.explain(at: tick, criticality: criticality, configuration)
        )
    }
}

/// How a model stands at a tick.
struct Standing {
    /// Of its own track, in millionths.
    let ownOdds: Int64
    /// Of its own track, in milli-points.
    let ownScore: Int64
    /// Of its users or its campaigns, whichever weighs more.
    let rollUp: RollUp
    /// Whether there is any evidence, even of a model that is uncalibrated now.
    let isKnown: Bool

    /// Millionths.
    var odds: Int64 { max(ownOdds, rollUp.odds) }
    /// Milli-points; never below a member's by rounding.
    var score: Int64 { max(ownScore, rollUp.score) }
    /// Whether the roll-up won.
    var isDerived: Bool { rollUp.score > ownScore }
}

extension ScoringEngine {
    /// The engine at a tick if nothing more is seen until then.
    ///
    /// - Parameter tick: not before the last closed one, which is taken instead.
    /// - Returns: a copy whose last closed tick it is.
    package func settled(through tick: Tick) -> ScoringEngine {
        guard let last = lastClosedTick, last < tick else { return self }
        var copy = self
        var output = ScoringOutput()
        copy.settle(through: tick, into: &output)
        return copy
    }
}
