import Domain

extension Calibration {
    /// The most bits by which an own baseline may take a score to be weaker evidence than the pooled calibration does.
    package static let guardBits: Int64 = 3

    /// A user's own baseline that cannot be poisoned: of no score does it say less than the pooled calibration, three bits
    /// off.
    ///
    /// An account that warms up slowly teaches an own baseline that its attack is usual. So every threshold of the
    /// pooled calibration stays one, and between any two thresholds the e-value is the larger of the own one and an
    /// eighth of the pooled one. Where the second is larger the own guarantee gives way: a user to whom that happens is
    /// one for an operator to look at. Detectors that the user has no scores of are the pooled calibration's.
    ///
    /// - Parameter pooled: of the same model.
    /// - Returns: a baseline with the detectors of the pooled calibration that feed users.
    /// - Throws: `ScoringError.invalidArtefact`, which only damaged parts could cause.
    package func guarded(by pooled: Calibration) throws(ScoringError) -> Calibration {
        try keeping(
            pooled.detectors(feeding: .user).map { shared in
                self[shared.detector].map { $0.guarded(by: shared) } ?? shared
            },
            detectorConfiguration: detectorConfiguration
        )
    }
}

extension DetectorCalibration {
    fileprivate func guarded(by pooled: DetectorCalibration) -> DetectorCalibration {
        let thresholds = Set(thresholds + pooled.thresholds).sorted()
        var exceedances: [Int] = []
        var bounds: [Double] = []
        var eValues: [Int64] = [0]
        for threshold in thresholds {
            // What exceeds this threshold exceeds all up to it, of either.
            let (own, shared) = (rung(reaching: threshold), pooled.rung(reaching: threshold))
            eValues.append(max(self.eValues[own], pooled.eValues[shared] >> Calibration.guardBits))
            exceedances.append(own == 0 ? benign : self.exceedances[own - 1])
            bounds.append(own == 0 ? 1 : self.bounds[own - 1])
        }
        return DetectorCalibration(
            detector: detector,
            benign: benign,
            effective: effective,
            exceedances: exceedances,
            thresholds: thresholds,
            bounds: bounds,
            eValues: eValues,
            bets: guardedBets(by: pooled, thresholds)
        )
    }

    /// Bets on the pooled calibration's marks, so that what is remembered of the last queries keeps its meaning.
    private func guardedBets(by pooled: DetectorCalibration, _ thresholds: [Double]) -> BetTable? {
        guard let own = bets, let shared = pooled.bets else { return pooled.bets }
        let marks = shared.rungs.map { pooled.thresholds[$0 - 1] }
        let rungs = marks.map { threshold in (thresholds.firstIndex(of: threshold) ?? 0) + 1 }
        let inverses = BetTable.Past.allCases.map { past in
            marks.enumerated().map { index, threshold in
                let met = own.mark(ofRung: rung(reaching: threshold))
                let mine = met == 0 ? Evidence.one : own.inverse(ofMark: met, past: past)
                return max(mine, shared.inverse(ofMark: index + 1, past: past) >> Calibration.guardBits)
            }
        }
        return BetTable(rungs: rungs, inverses: inverses, pairs: own.pairs, worth: own.worth)
    }

    /// How many thresholds lie at or below a value: the rung of what exceeds it by the least.
    private func rung(reaching value: Double) -> Int { thresholds.prefix { $0 <= value }.count }
}
