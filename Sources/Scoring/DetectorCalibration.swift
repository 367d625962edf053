package import Domain

/// What is usual for one detector: its thresholds, and the e-value of exceeding each.
package struct DetectorCalibration: Hashable, Sendable {
    package let detector: DetectorID
    /// n: how many benign scores there were: at least 100, or 30 of a detector of records that joined a campaign.
    package let benign: Int
    /// How many independent scores they are worth: 1 … `benign`.
    package let effective: Int
    /// j: which largest benign score each threshold is, falling; K values, each 1 … n.
    ///
    /// In a user's own baseline some thresholds are the pooled calibration's: there it is how many own scores reach
    /// them, and may be 0.
    package let exceedances: [Int]
    /// tau: the thresholds, not falling; K finite values.
    package let thresholds: [Double]
    /// u: bounds on the probability of exceeding each threshold, falling; K values, each 0 … 1.
    package let bounds: [Double]
    /// E: the e-value of exceeding 0, 1, … K thresholds, in Q32, not falling; K + 1 values, the first 0.
    package let eValues: [Int64]
    /// What scores are bet at, one after the other; nil in calibrations of riskd-edet-1, which bet on the mean of a tick.
    package let bets: BetTable?

    /// A detector's calibration from its parts, which ``Calibration`` checks.
    ///
    /// - Parameters:
    ///   - detector: which detector.
    ///   - benign: n.
    ///   - effective: nil: the scores are independent.
    ///   - exceedances: j.
    ///   - thresholds: tau.
    ///   - bounds: u.
    ///   - eValues: E.
    ///   - bets: what scores are bet at one after the other.
    package init(
        detector: DetectorID,
        benign: Int,
        effective: Int? = nil,
        exceedances: [Int],
        thresholds: [Double],
        bounds: [Double],
        eValues: [Int64],
        bets: BetTable? = nil
    ) {
        self.detector = detector
        self.benign = benign
        self.effective = effective ?? benign
        self.exceedances = exceedances
        self.thresholds = thresholds
        self.bounds = bounds
        self.eValues = eValues
        self.bets = bets
    }

    /// How many thresholds a score exceeds; equality does not count.
    package func rung(of score: Double) -> Int { thresholds.prefix { score > $0 }.count }

    /// The share of benign scores at or above the threshold of a rung, 1 of rung 0.
    ///
    /// - Parameter rung: 0 …; one beyond the last counts as the last.
    /// - Returns: above 0, at most 1; 0 where an own baseline has no score as rare.
    package func rarity(ofRung rung: Int) -> Double {
        guard rung > 0 else { return 1 }
        return Double(exceedances[min(rung, exceedances.count) - 1]) / Double(benign)
    }

    /// What is wrong with the parts; nil when nothing is.
    ///
    /// - Parameter isOwn: whether they belong to a user's own baseline.
    /// - Returns: the fault, in words.
    func fault(isOwn: Bool) -> String? {
        let rungs = thresholds.count
        guard rungs >= 1, exceedances.count == rungs, bounds.count == rungs, eValues.count == rungs + 1 else {
            return "lists of different lengths"
        }
        let needed =
            detector.feeds(.campaign)
            ? CalibrationBuilder.neededLinkedScores : CalibrationBuilder.neededScores
        let least = isOwn ? 0 : 1
        guard benign >= needed, (1...benign).contains(effective),
            exceedances.allSatisfy({ (least...benign).contains($0) })
        else {
            return "counts out of range"
        }
        guard
            zip(exceedances, exceedances.dropFirst()).allSatisfy({ isOwn ? $0 >= $1 : $0 > $1 })
        else {
            return "exceedances that do not fall"
        }
        guard thresholds.allSatisfy(\.isFinite), bounds.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
            return "a threshold or bound out of range"
        }
        guard zip(thresholds, thresholds.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            return "thresholds that fall"
        }
        // 2^60 keeps every bet within an unsigned 64-bit mean.
        guard eValues.first == 0, zip(eValues, eValues.dropFirst()).allSatisfy({ $0 <= $1 }),
            eValues.allSatisfy({ $0 <= 1 << 60 })
        else { return "e-values that fall or are out of range" }
        guard rungs <= StepCode.mostRungs else { return "more than \(StepCode.mostRungs) thresholds" }
        return bets?.fault(rungs: rungs)
    }
}
