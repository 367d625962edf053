package import Domain
import Runtime
import Scoring

/// Notices a second opinion that disagrees on ordinary traffic more often than its calibration allows.
///
/// Ordinary is a record that nothing similar came before: no rung of similarity. Of the last 1,000 such records of a
/// model, those whose opinion exceeds its first threshold are counted. The calibration bounds their share by u
/// (docs/design/evidence.md#from-benign-scores-to-rungs): an opinion is flagged beyond `1000u + 4 sqrt(1000u(1 - u))`, which chance alone passes less than once in 30,000
/// windows, and cleared at `1000u`. Watches this process's traffic only, and changes no score.
package final class OpinionDrift: Sendable {
    /// A flag that was raised or lowered.
    package struct Change: Equatable {
        package let model: ModelID
        package let opinion: DetectorID
        package let isDrifting: Bool
        /// The share of ordinary records that exceed the first threshold, 0 … 1.
        package let share: Double
        /// The calibration's bound on it.
        package let bound: Double
    }

    static let window = 1000

    private struct Key: Hashable {
        let model: ModelID
        let opinion: DetectorID
    }

    private struct Watch {
        let bound: Double
        var exceeds: [Bool] = []
        var place = 0
        var count = 0
        var isDrifting = false

        /// Takes in one record; whether the flag changed.
        mutating func add(_ isExceeding: Bool) -> Bool {
            if exceeds.count < OpinionDrift.window {
                exceeds.append(isExceeding)
            } else {
                count -= exceeds[place] ? 1 : 0
                exceeds[place] = isExceeding
                place = (place + 1) % OpinionDrift.window
            }
            count += isExceeding ? 1 : 0
            guard exceeds.count == OpinionDrift.window else { return false }
            let expected = Double(OpinionDrift.window) * bound
            let limit = isDrifting ? expected : expected + 4 * (expected * (1 - bound)).squareRoot()
            defer { isDrifting = Double(count) > limit }
            return isDrifting != (Double(count) > limit)
        }
    }

    private let watches = Locked<[Key: Watch]>([:])

    /// Nothing was looked at.
    package init() {}

    /// Begins to watch the opinions that are calibrated, and no others.
    package func begin(_ calibrations: ActiveCalibrations) {
        var watches: [Key: Watch] = [:]
        for (model, calibration) in calibrations.byModel {
            for detector in calibration.detectors where detector.detector.isOpinion {
                watches[Key(model: model, opinion: detector.detector)] = Watch(bound: detector.bounds[0])
            }
        }
        let begun = watches
        self.watches.withLock { $0 = begun }
    }

    /// What is watched, with the flags as they are.
    package var flags: [(model: ModelID, opinion: DetectorID, isDrifting: Bool)] {
        watches.withLock { $0.map { ($0.key.model, $0.key.opinion, $0.value.isDrifting) } }
    }

    /// Takes in observations, in order.
    ///
    /// - Returns: the flags that changed.
    package func add(_ observations: [Observation]) -> [Change] {
        watches.withLock { watches in
            var changes: [Change] = []
            for observation in observations {
                let rungs = observation.userRungs + observation.modelRungs
                guard !rungs.contains(where: { $0.rung > 0 && $0.detector.scope != nil })
                else {
                    continue
                }
                for rung in observation.userRungs {
                    let key = Key(model: observation.record.model, opinion: rung.detector)
                    guard var watch = watches.removeValue(forKey: key) else { continue }
                    if watch.add(rung.rung > 0) {
                        changes.append(
                            Change(
                                model: key.model,
                                opinion: key.opinion,
                                isDrifting: watch.isDrifting,
                                share: Double(watch.count) / Double(Self.window),
                                bound: watch.bound
                            )
                        )
                    }
                    watches[key] = watch
                }
            }
            return changes
        }
    }
}
