/// What was seen of an entity in one closed tick; samples can be recomputed from these alone (docs/design/evidence.md#properties).
package struct TickHistogram: Hashable, Sendable {
    /// Whose; a user, a campaign or a model.
    package let entity: Entity
    package let tick: Tick
    /// m: the scored queries of the tick, at least 1.
    package let queries: Int
    /// How many queries had rung 0, 1, … K, per calibrated detector, ordered by name.
    ///
    /// A query that the detector did not score is missing from the counts and bets e = 1. Empty when the model is uncalibrated.
    package let counts: [DetectorCounts]
    /// The artefact by which the rungs were counted; nil: the model's pooled calibration in that epoch.
    package let calibration: String?
    /// What every query said, in the order in which they count: one list for each of ``counts``, each of ``queries`` codes.
    ///
    /// Empty where the calibration bets on the mean of a tick, whose order says nothing.
    package let steps: [[StepCode]]

    package init(
        entity: Entity,
        tick: Tick,
        queries: Int,
        counts: [DetectorCounts],
        calibration: String? = nil,
        steps: [[StepCode]] = []
    ) {
        self.entity = entity
        self.tick = tick
        self.queries = queries
        self.counts = counts
        self.calibration = calibration
        self.steps = steps
    }
}

/// How many queries of a tick reached each rung of one detector.
package struct DetectorCounts: Hashable, Sendable {
    package let detector: DetectorID
    /// The number of queries at rung 0, 1, … K; K + 1 cells.
    package var byRung: [Int]

    package init(detector: DetectorID, byRung: [Int]) {
        self.detector = detector
        self.byRung = byRung
    }
}
