package import Domain

/// Makes a ``Calibration`` from the scores of benign traffic.
package struct CalibrationBuilder: Sendable {
    /// The fractions of benign traffic that exceed each threshold, unless told otherwise.
    package static let defaultFractions = [0.1, 0.03, 0.01, 0.003, 0.001]
    /// How many benign scores a detector of all records needs.
    package static let neededScores = 100
    /// How many a detector of the records that joined a campaign needs; with fewer there is none.
    package static let neededLinkedScores = 30

    private let model: ModelID
    private let modelVersion: String?
    private let detectorConfiguration: String
    private let fractions: [Double]
    private let delta: Double
    private var scores: [DetectorID: [Double]] = [:]

    /// A builder.
    ///
    /// - Parameters:
    ///   - model: whose traffic it is.
    ///   - modelVersion: the version of the model, where known.
    ///   - detectorConfiguration: how the detectors are set up, for people.
    ///   - fractions: each above 0 and below 1, in any order.
    ///   - delta: the chance to take that the bound on false alarms does not hold, above 0, at most 0.5.
    /// - Throws: `ScoringError.invalidConfiguration`.
    package init(
        model: ModelID,
        modelVersion: String? = nil,
        detectorConfiguration: String,
        fractions: [Double] = Self.defaultFractions,
        delta: Double = 0.01
    ) throws(ScoringError) {
        guard !fractions.isEmpty, fractions.allSatisfy({ $0 > 0 && $0 < 1 }) else {
            throw .invalidConfiguration("there must be fractions, each above 0 and below 1")
        }
        guard delta > 0, delta <= 0.5 else {
            throw .invalidConfiguration("delta must be above 0, at most 0.5")
        }
        self.model = model
        self.modelVersion = modelVersion
        self.detectorConfiguration = detectorConfiguration
        self.fractions = fractions.sorted(by: >)
        self.delta = delta
    }

    /// Adds benign scores of one detector; records that it could not score are simply missing.
    ///
    /// - Parameters:
    ///   - benign: finite scores, in any order.
    ///   - detector: which detector.
    package mutating func add(_ benign: [Double], for detector: DetectorID) {
        scores[detector, default: []] += benign
    }

    /// The calibration.
    ///
    /// Every fraction gives a rung, unless not even one benign score lies that high or an earlier fraction gave the
    /// same. The chance `delta` is taken once for the detectors of all records and once for those of records that
    /// joined a campaign: it is split evenly over the detectors of either, and a detector's share over its rungs.
    /// Where too few benign records joined campaigns, the calibration has no detector for them; where enough did, the
    /// rarest fractions may still be less than one of them, and the largest score then is the last rung.
    ///
    /// - Returns: thresholds, bounds and e-values of all detectors.
    /// - Throws: `ScoringError`, when a detector has too few scores, or one that is not finite.
    package func build() throws(ScoringError) -> Calibration {
        guard scores.keys.contains(where: { !$0.feeds(.campaign) }) else { throw .noDetectors }
        var detectors: [DetectorCalibration] = []
        let (linked, all) = (scores.filter(isLinked), scores.filter { !isLinked($0) })
        for (detector, benign) in all.sorted(by: { $0.key < $1.key }) {
            let exceedances = exceedances(of: benign.count, least: 0)
            detectors.append(
                try calibrate(detector, benign, exceedances, among: all.count, needed: Self.neededScores)
            )
        }
        let needed = Self.neededLinkedScores
        let usable = linked.filter { $0.value.count >= needed }
        for (detector, benign) in usable.sorted(by: { $0.key < $1.key }) {
            let exceedances = exceedances(of: benign.count, least: 1)
            detectors.append(
                try calibrate(detector, benign, exceedances, among: usable.count, needed: needed)
            )
        }
        return try Calibration(
            model: model,
            modelVersion: modelVersion,
            detectorConfiguration: detectorConfiguration,
            delta: delta,
            detectors: detectors
        )
    }

    private func isLinked(_ entry: (key: DetectorID, value: [Double])) -> Bool { entry.key.feeds(.campaign) }

    private func calibrate(
        _ detector: DetectorID,
        _ benign: [Double],
        _ exceedances: [Int],
        among family: Int,
        needed: Int
    ) throws(ScoringError) -> DetectorCalibration {
        let count = benign.count
        guard count >= needed else {
            throw .tooFewBenignScores(detector, count: count, needed: needed)
        }
        guard benign.allSatisfy(\.isFinite) else { throw .nonFiniteScore(detector) }
        guard !exceedances.isEmpty else { throw .noRungs(detector, count: count) }
        let falling = benign.sorted(by: >)
        let bounds = calibrationBounds(exceedances, of: count, detectors: family, delta: delta)
        return DetectorCalibration(
            detector: detector,
            benign: count,
            exceedances: exceedances,
            thresholds: exceedances.map { falling[$0 - 1] },
            bounds: bounds,
            eValues: eValues(bounds)
        )
    }
}

extension CalibrationBuilder {
    /// How many of `count` benign scores lie at or above each threshold, falling; `least` (0 or 1) or more.
    private func exceedances(of count: Int, least: Int) -> [Int] {
        var exceedances: [Int] = []
        for fraction in fractions {
            // 0.07 * 100 is 7.000000000000001 and 0.29 * 100 is 28.999999999999996: forgive the last digits.
            let exceedance = max(least, Int(fraction * Double(count) + 1e-9))
            if exceedance >= 1, exceedance != exceedances.last { exceedances.append(exceedance) }
        }
        return exceedances
    }
}

/// Upper bounds on the probability of exceeding each threshold that hold together for all detectors, but for `delta`.
func calibrationBounds(_ exceedances: [Int], of count: Int, detectors: Int, delta: Double) -> [Double] {
    let risk = delta / Double(exceedances.count * detectors)
    return exceedances.map { binomialUpperBound(count: $0, of: count, risk: risk) }
}

/// The e-value of exceeding 0, 1, … K thresholds, in Q32, rounded down: the mean of 1/u over all rungs, up to there.
func eValues(_ bounds: [Double]) -> [Int64] {
    var values: [Int64] = [0]
    var sum = 0.0
    let weight = 1 / Double(bounds.count)
    for bound in bounds {
        sum += weight / bound
        values.append(Int64(sum * 4_294_967_296))
    }
    return values
}
