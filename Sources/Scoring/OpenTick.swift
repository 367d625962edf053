import Domain

/// What was counted so far in a tick that is still open.
struct OpenTick: Hashable, Sendable {
    private var entities: [Entity: Counts] = [:]

    private struct Counts: Hashable {
        var queries = 0
        var detectors: [DetectorCounts]
        var calibration: String?
    }

    /// Adds one query of an entity.
    ///
    /// - Parameters:
    ///   - entity: a user, a campaign or a model.
    ///   - rungs: each detector at most once; a rung beyond the last counts as the last.
    ///   - detectors: the calibrated detectors that feed the entity, asked for when it is new in the tick; others are
    ///     not counted.
    ///   - calibration: the artefact that gave the rungs; the first query of an entity in the tick decides.
    mutating func add(
        _ entity: Entity,
        _ rungs: [DetectorRung],
        _ detectors: @autoclosure () -> [DetectorCalibration],
        calibration: String? = nil
    ) {
        var counts =
            entities.removeValue(forKey: entity)
            ?? Counts(
                detectors: detectors().map {
                    DetectorCounts(
                        detector: $0.detector,
                        byRung: Array(repeating: 0, count: $0.eValues.count)
                    )
                },
                calibration: calibration
            )
        counts.queries += 1
        for rung in rungs {
            guard let index = counts.detectors.firstIndex(where: { $0.detector == rung.detector }) else {
                continue
            }
            let cell = min(max(0, rung.rung), counts.detectors[index].byRung.count - 1)
            counts.detectors[index].byRung[cell] += 1
        }
        entities[entity] = counts
    }

    /// By which artefact an entity is counted; nil: it has no query in the tick yet.
    func calibration(of entity: Entity) -> String?? { entities[entity].map(\.calibration) }

    /// Takes up what an earlier engine had counted.
    mutating func restore(_ histogram: TickHistogram) {
        entities[histogram.entity] = Counts(
            queries: histogram.queries,
            detectors: histogram.counts,
            calibration: histogram.calibration
        )
    }

    /// What was counted, ordered by entity.
    func histograms(of tick: Tick) -> [TickHistogram] {
        entities.sorted { $0.key < $1.key }.map { entity, counts in
            TickHistogram(
                entity: entity,
                tick: tick,
                queries: counts.queries,
                counts: counts.detectors,
                calibration: counts.calibration
            )
        }
    }
}
