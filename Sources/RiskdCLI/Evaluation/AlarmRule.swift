import Domain
import Scoring

/// What makes a stored query an alarm: a detector's rung that is rare enough among benign traffic.
///
/// A query is alarmed when any detector's rung is at least that detector's *alarm rung*.
struct AlarmRule {
    /// The share of benign queries that may be alarmed, unless told otherwise.
    static let defaultShare = 0.003

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
    /// By share, the alarm rung of each detector is the lowest one that is rare enough, where "enough" is the least
    /// strict line that alarms at most that share of the calibration's own records, all detectors together; the
    /// strictest line where all alarm more. A detector without a rung that rare never alarms.
    init(_ choice: Choice, _ calibration: Calibration) {
        var rungs: [DetectorID: Int] = [:]
        let line: Double
        switch choice {
        case .rung(let rung):
            for detector in calibration.detectors { rungs[detector.detector] = rung }
            self.rungs = rungs
            return
        case .share(let share): line = calibration.line(alarming: share)
        }
        for detector in calibration.detectors {
            let rare = (1...detector.thresholds.count).first { detector.rarity(ofRung: $0) <= line }
            if let rare { rungs[detector.detector] = rare }
        }
        self.rungs = rungs
    }

    /// Whether a query with these rungs is alarmed.
    func isAlarm(_ reached: [DetectorRung]) -> Bool {
        reached.contains { reached in rungs[reached.detector].map { reached.rung >= $0 } ?? false }
    }
}

extension Calibration {
    /// How rare a rung must be to alarm about a share of benign records.
    fileprivate func line(alarming share: Double) -> Double {
        guard let strictest = alarms.points.first?.rarity else {
            // An artefact that did not count: the share is split over the detectors, which alarms less.
            return share / Double(detectors.count)
        }
        return max(strictest, alarms.rarity(alarming: share))
    }

    /// How rare the rarest of some rungs was among the benign scores: a share, 1 where no threshold is exceeded.
    func rarity(of reached: [DetectorRung]) -> Double {
        reached.reduce(1) { least, reached in
            self[reached.detector].map { min(least, $0.rarity(ofRung: reached.rung)) } ?? least
        }
    }
}
