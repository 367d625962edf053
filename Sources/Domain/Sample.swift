/// A named part of a score, in milli-points; negative parts lower it.
package struct Contribution: Hashable, Sendable {
    /// A detector, `unremarkable`, `limits`, `multiplicity`, `impact`, or (for roll-ups) an entity or `others`.
    package let name: String
    package let milliPoints: Int64

    package init(name: String, milliPoints: Int64) {
        self.name = name
        self.milliPoints = milliPoints
    }
}

/// An entity's score, level and explanation at a tick.
package struct Sample: Hashable, Sendable {
    /// The place in the order of samples: 1, 2, … without gaps.
    package let id: Int64
    package let entity: Entity
    /// At the end of which tick.
    package let tick: Tick
    /// The scored queries of the tick; 0 for a level change on a quiet tick.
    package let queries: Int
    /// 0 ..< 100,000 milli-points.
    package let score: Int64
    /// nil: uncalibrated, never a guess.
    package let level: Level?
    /// The level that people hold it at, at least; nil: they do not.
    package let pinned: Level?
    /// The lane with the most evidence; nil for roll-ups and uncalibrated entities.
    package let lane: Lane?
    /// The lanes' evidence in units of 2^-20 bit, burst first; empty for the whole service and uncalibrated entities.
    package let lanes: [Int64]
    /// C: the combined evidence in units of 2^-20 bit.
    package let evidence: Int64
    /// Whether the score is a roll-up over members ("derived"), to which the false-alarm bound does not apply.
    package let isDerived: Bool
    /// Parts that sum to `score`, largest first.
    package let contributions: [Contribution]

    package init(
        id: Int64,
        entity: Entity,
        tick: Tick,
        queries: Int,
        score: Int64,
        level: Level?,
        pinned: Level? = nil,
        lane: Lane?,
        lanes: [Int64],
        evidence: Int64,
        isDerived: Bool,
        contributions: [Contribution]
    ) {
        self.id = id
        self.entity = entity
        self.tick = tick
        self.queries = queries
        self.score = score
        self.level = level
        self.pinned = pinned
        self.lane = lane
        self.lanes = lanes
        self.evidence = evidence
        self.isDerived = isDerived
        self.contributions = contributions
    }
}
