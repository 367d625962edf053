package import Domain

/// An entity's score, level and explanation at a tick, not (yet) issued as a sample.
package struct Assessment: Hashable, Sendable {
    package let entity: Entity
    /// At the end of which tick.
    package let tick: Tick
    /// 0 ..< 100,000 milli-points.
    package let score: Int64
    /// nil: uncalibrated.
    package let level: Level?
    /// The level that people hold it at, at least; nil: they do not.
    package let pinned: Level?
    /// The lane with the most evidence; nil for roll-ups and uncalibrated entities.
    package let lane: Lane?
    /// The lanes' evidence in units of 2^-20 bit, burst first; empty for the whole service and uncalibrated entities.
    package let lanes: [Int64]
    /// C: the combined evidence in units of 2^-20 bit.
    package let evidence: Int64
    /// Whether the score is a roll-up over members.
    package let isDerived: Bool
    /// Parts that sum to `score`, largest first.
    package let contributions: [Contribution]

    init(
        entity: Entity,
        tick: Tick,
        score: Int64,
        level: Level?,
        pinned: Level? = nil,
        lane: Lane?,
        lanes: [Int64],
        evidence: Int64,
        isDerived: Bool,
        contributions: [Contribution]
    ) {
        self.entity = entity
        self.tick = tick
        self.score = score
        self.level = level
        self.pinned = pinned
        self.lane = lane
        self.lanes = lanes
        self.evidence = evidence
        self.isDerived = isDerived
        self.contributions = contributions
    }

    /// Of an entity whose detectors are not calibrated: no score, and no level rather than a guessed one.
    init(uncalibrated entity: Entity, tick: Tick) {
        self.init(
            entity: entity,
            tick: tick,
            score: 0,
            level: nil,
            lane: nil,
            lanes: [],
            evidence: 0,
            isDerived: false,
            contributions: []
        )
    }

    func sample(id: Int64, queries: Int) -> Sample {
        Sample(
            id: id,
            entity: entity,
            tick: tick,
            queries: queries,
            score: score,
            level: level,
            pinned: pinned,
            lane: lane,
            lanes: lanes,
            evidence: evidence,
            isDerived: isDerived,
            contributions: contributions
        )
    }
}
