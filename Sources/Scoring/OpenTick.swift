import Domain

/// What was counted so far in a tick that is still open.
struct OpenTick: Hashable, Sendable {
    private var entities: [Entity: Counts] = [:]

    private struct Counts: Hashable {
        var queries = 0
        var detectors: [DetectorCounts]
        var calibration: String?
        /// Empty where order says nothing.
        var steps: [Step] = []
        let keepsOrder: Bool
    }

    /// One query: its event time, and what it says to each detector.
    private struct Step: Hashable {
        let time: Timestamp
        var codes: [StepCode]
    }

    /// Adds one query of an entity.
    ///
    /// - Parameters:
    ///   - entity: a user, a campaign or a model.
    ///   - rungs: each detector at most once; a rung beyond the last counts as the last.
    ///   - detectors: the calibrated detectors that feed the entity, asked for when it is new in the tick; others are
    ///     not counted.
    ///   - calibration: the artefact that gave the rungs; the first query of an entity in the tick decides.
    ///   - time: event time; queries count in its order, those of one instant in the order in which they are added.
    ///   - isSceneKnown: whether the entity met the query's scene before.
    ///   - keepsOrder: whether the entity bets on its queries where its calibration does; models do not.
    mutating func add(
        _ entity: Entity,
        _ rungs: [DetectorRung],
        _ detectors: @autoclosure () -> [DetectorCalibration],
        calibration: String? = nil,
        at time: Timestamp = Timestamp(milliseconds: 0),
        isSceneKnown: Bool = false,
        keepsOrder: Bool = true
    ) {
        var counts = entities.removeValue(forKey: entity) ?? Self.counts(detectors(), calibration, keepsOrder)
        counts.queries += 1
        var codes = [StepCode](repeating: .unscored, count: counts.keepsOrder ? counts.detectors.count : 0)
        for rung in rungs {
            guard let index = counts.detectors.firstIndex(where: { $0.detector == rung.detector }) else {
                continue
            }
            let cell = min(max(0, rung.rung), counts.detectors[index].byRung.count - 1)
            counts.detectors[index].byRung[cell] += 1
            guard counts.keepsOrder else { continue }
            codes[index] = StepCode(rung: cell, isSceneKnown: isSceneKnown && rung.detector.isOpinion)
        }
        if counts.keepsOrder { counts.steps.append(Step(time: time, codes: codes)) }
        entities[entity] = counts
    }

    private static func counts(
        _ detectors: [DetectorCalibration],
        _ calibration: String?,
        _ keepsOrder: Bool
    ) -> Counts {
        Counts(
            detectors: detectors.map {
                DetectorCounts(
                    detector: $0.detector,
                    byRung: Array(repeating: 0, count: $0.eValues.count)
                )
            },
            calibration: calibration,
            keepsOrder: keepsOrder && detectors.contains { $0.bets != nil }
        )
    }

    /// By which artefact an entity is counted; nil: it has no query in the tick yet.
    func calibration(of entity: Entity) -> String?? { entities[entity].map(\.calibration) }

    /// What was counted, ordered by entity.
    func histograms(of tick: Tick) -> [TickHistogram] {
        entities.sorted { $0.key < $1.key }.map { entity, counts in
            let steps = counts.steps.inOrderOfTime(by: \.time)
            return TickHistogram(
                entity: entity,
                tick: tick,
                queries: counts.queries,
                counts: counts.detectors,
                calibration: counts.calibration,
                steps: counts.keepsOrder
                    ? counts.detectors.indices.map { index in steps.map { $0.codes[index] } } : []
            )
        }
    }
}

extension Array {
    /// In the order of a time, equals in the order in which they are.
    fileprivate func inOrderOfTime(by time: (Element) -> Timestamp) -> [Element] {
        // Logs are mostly in order already; the standard sort says nothing of equals.
        if zip(self, dropFirst()).allSatisfy({ time($0) <= time($1) }) { return self }
        return enumerated().sorted {
            (time($0.element), $0.offset) < (time($1.element), $1.offset)
        }.map(\.element)
    }
}
