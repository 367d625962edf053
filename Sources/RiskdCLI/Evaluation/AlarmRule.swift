import Domain
import Scoring

/// What makes a stored query an alarm: a detector's rung that is rare enough among benign traffic.
///
/// A query is alarmed when any detector's rung is at least that detector's *alarm rung*.
struct AlarmRule {
    /// The share of benign queries that may be alarmed, unless told otherwise.
    static let defaultShare = 0.01

    /// How alarm rungs are chosen.
    enum Choice: Hashable {
        /// From the calibration, so that about this share of its benign queries is alarmed.
        case share(Double)
        /// The same rung for every detector.
        case rung(Int)
    }

    /// Alarm rungs by detector.
    let rungs: [DetectorID: Int]

    /// The rule of a calibration.
    ///
    /// The share is split evenly over the detectors: of each, the alarm rung is the lowest one that at most its part
    /// of the benign scores exceeded; the last rung where none is that rare.
    init(_ choice: Choice, _ calibration: Calibration) {
        var rungs: [DetectorID: Int] = [:]
        for detector in calibration.detectors {
            switch choice {
            case .rung(let rung): rungs[detector.detector] = rung
            case .share(let share):
                let part = share / Double(calibration.detectors.count)
                let rare = detector.exceedances.firstIndex { Double($0) <= part * Double(detector.benign) }
                rungs[detector.detector] = (rare ?? detector.exceedances.count - 1) + 1
            }
        }
        self.rungs = rungs
    }

    /// Whether a query with these rungs is alarmed.
    func isAlarm(_ reached: [DetectorRung]) -> Bool {
        reached.contains { reached in rungs[reached.detector].map { reached.rung >= $0 } ?? false }
    }
}

extension Calibration {
    /// How rare the rarest of some rungs was among the benign scores: a share, 1 where no threshold is exceeded.
    func rarity(of reached: [DetectorRung]) -> Double {
        reached.reduce(1) { least, reached in
            guard reached.rung > 0, let detector = self[reached.detector] else { return least }
            let rung = min(reached.rung, detector.exceedances.count)
            return min(least, Double(detector.exceedances[rung - 1]) / Double(detector.benign))
        }
    }
}
