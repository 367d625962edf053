package import Domain

/// What is usual for one model: per detector, thresholds on its benign scores and what exceeding them is worth.
///
/// Made once from benign traffic, stored as bytes, and named by a digest of those bytes
/// (docs/design/evidence.md#from-benign-scores-to-rungs).
package struct Calibration: Hashable, Sendable {
    /// Whose traffic it was.
    package let model: ModelID
    /// The version of the model, where known.
    package let modelVersion: String?
    /// The part of the model's users that it is for; nil: all.
    package let stratum: String?
    /// The one user whose own baseline it is; nil: it is pooled over users.
    package let owner: UserID?
    /// How the detectors were set up, in the caller's words.
    package let detectorConfiguration: String
    /// The newest event time of the traffic, from which its age counts; nil in artefacts that do not say.
    package let newest: Timestamp?
    /// The chance that the bound on false alarms does not hold, over the choice of benign traffic; 0 … 0.5.
    package let delta: Double
    /// How many benign records would be alarmed at which rarity, rarest first; empty where it was not counted.
    package let alarms: AlarmCurve
    /// The detectors, ordered by name; at least one.
    package let detectors: [DetectorCalibration]
    /// Whether queries are bet on one after the other (riskd-edet-2), not by the mean of a tick.
    package let betsByQuery: Bool
    private let prices: [SimilarityScope: Int64]

    /// A calibration from its parts.
    ///
    /// - Parameters:
    ///   - model: whose traffic it was.
    ///   - modelVersion: the version of the model, where known.
    ///   - stratum: the part of the users that it is for.
    ///   - owner: the one user whose own baseline it is.
    ///   - detectorConfiguration: how the detectors were set up.
    ///   - newest: the newest event time of the traffic.
    ///   - delta: above 0, at most 0.5.
    ///   - alarms: how many benign records would be alarmed.
    ///   - detectors: at least one, each named once, in any order.
    /// - Throws: `ScoringError.invalidArtefact` when the parts do not fit each other.
    package init(
        model: ModelID,
        modelVersion: String? = nil,
        stratum: String? = nil,
        owner: UserID? = nil,
        detectorConfiguration: String,
        newest: Timestamp? = nil,
        delta: Double,
        alarms: AlarmCurve = AlarmCurve(),
        detectors: [DetectorCalibration]
    ) throws(ScoringError) {
        self.model = model
        self.modelVersion = modelVersion
        self.stratum = stratum
        self.owner = owner
        self.detectorConfiguration = detectorConfiguration
        self.newest = newest
        self.delta = delta
        self.alarms = alarms
        self.detectors = detectors.sorted { $0.detector < $1.detector }
        betsByQuery = detectors.contains { $0.bets != nil }
        prices = Self.prices(of: detectors)
        guard delta > 0, delta <= 0.5 else { throw .invalidArtefact("delta is \(delta)") }
        guard detectors.allSatisfy({ ($0.bets != nil) == betsByQuery }) else {
            throw .invalidArtefact("some detectors bet by the query, some by the tick")
        }
        guard !detectors.isEmpty else { throw .invalidArtefact("a calibration without detectors") }
        guard zip(self.detectors, self.detectors.dropFirst()).allSatisfy({ $0.detector < $1.detector }) else {
            throw .invalidArtefact("a detector is named twice")
        }
        if let fault = alarms.fault { throw .invalidArtefact(fault) }
        for detector in detectors {
            if let fault = detector.fault(isOwn: owner != nil) {
                throw .invalidArtefact("\(detector.detector): \(fault)")
            }
        }
    }

    /// What sharing the starting capital among all lanes of a track's detectors costs.
    ///
    /// - Parameter scope: of the track; nil for the whole service, which has no lanes.
    /// - Returns: log2 of the lanes' number, rounded up, in units.
    package func price(of scope: SimilarityScope?) -> Int64 { scope.flatMap { prices[$0] } ?? 0 }

    private static func prices(of detectors: [DetectorCalibration]) -> [SimilarityScope: Int64] {
        var prices: [SimilarityScope: Int64] = [:]
        for scope in SimilarityScope.allCases {
            let lanes = detectors.reduce(0) { count, detector in
                count + (detector.detector.feeds(scope) ? detector.bets?.distinctLanes ?? 0 : 0)
            }
            guard lanes > 0 else { continue }
            // A power of two has a whole logarithm; all others lie above what is rounded down.
            let floor = ilog2(UInt64(lanes) << 32)
            prices[scope] = lanes & (lanes - 1) == 0 ? floor : floor + 1
        }
        return prices
    }

    /// The same for some of the detectors, as set up now.
    ///
    /// - Throws: `ScoringError.invalidArtefact` without any.
    package func keeping(
        _ detectors: [DetectorCalibration],
        detectorConfiguration: String
    ) throws(ScoringError) -> Calibration {
        try Calibration(
            model: model,
            modelVersion: modelVersion,
            stratum: stratum,
            owner: owner,
            detectorConfiguration: detectorConfiguration,
            newest: newest,
            delta: delta,
            // Counted over all detectors: of fewer it says too much, which is safe.
            alarms: alarms,
            detectors: detectors
        )
    }

    /// The same as another user's own baseline.
    ///
    /// - Parameter owner: the user.
    /// - Returns: a calibration that differs in nothing else.
    /// - Throws: `ScoringError.invalidArtefact`, which only damaged parts could cause.
    package func owned(by owner: UserID) throws(ScoringError) -> Calibration {
        try Calibration(
            model: model,
            modelVersion: modelVersion,
            stratum: stratum,
            owner: owner,
            detectorConfiguration: detectorConfiguration,
            newest: newest,
            delta: delta,
            alarms: alarms,
            detectors: detectors
        )
    }

    /// What is usual for one detector; nil when it is not calibrated.
    package subscript(_ detector: DetectorID) -> DetectorCalibration? {
        detectors.first { $0.detector == detector }
    }

    /// How many thresholds a score exceeds; equality does not count.
    ///
    /// - Parameters:
    ///   - score: a detector's score.
    ///   - detector: which detector.
    /// - Returns: 0 … K; nil when the detector is not calibrated or the score is not a number.
    package func rung(of score: Double, for detector: DetectorID) -> Int? {
        guard !score.isNaN else { return nil }
        return self[detector]?.rung(of: score)
    }

    /// The rungs of a record's scores; detectors that are not calibrated are left out.
    ///
    /// - Parameter scores: scores by detector, as `Findings.scores(for:)` gives them.
    /// - Returns: rungs in the order of the scores.
    package func rungs(of scores: [(detector: DetectorID, score: Double)]) -> [DetectorRung] {
        scores.compactMap { detector, score in
            rung(of: score, for: detector).map { DetectorRung(detector: detector, rung: $0) }
        }
    }

    /// The detectors that feed a track: all but those of other scopes.
    ///
    /// - Parameter scope: `user` for a user's track, `campaign` for a campaign's, `model` for a model's own.
    /// - Returns: the detectors, ordered by name.
    package func detectors(feeding scope: SimilarityScope) -> [DetectorCalibration] {
        detectors.filter { $0.detector.feeds(scope) }
    }

    /// The sum of one detector's e-values over the queries of a tick, in Q32; an unscored query bets 1.
    func bet(_ counts: DetectorCounts, of queries: Int) -> Int128 {
        let values = self[counts.detector]?.eValues ?? [Evidence.one]
        var sum: Int128 = 0
        var scored = 0
        for (rung, count) in counts.byRung.enumerated() {
            sum += Int128(count) * Int128(values[min(rung, values.count - 1)])
            scored += count
        }
        return sum + Int128(queries - scored) * Int128(Evidence.one)
    }
}
