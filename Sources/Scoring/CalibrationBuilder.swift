package import Domain

/// Makes a ``Calibration`` from the scores of benign traffic.
package struct CalibrationBuilder: Sendable {
    /// The fractions of benign traffic that exceed each threshold, unless told otherwise: as many as the traffic carries.
    package static let defaultFractions = [0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00003, 0.00001]
    /// How many benign scores a detector of all records needs.
    package static let neededScores = 100
    /// How many a detector of the records that joined a campaign needs; with fewer there is none.
    package static let neededLinkedScores = 30

    private let head: Head
    private let fractions: [Double]
    /// By detector: of every scored record its number and its score.
    private var scores: [DetectorID: [Scored]] = [:]
    /// By record: who is one of its block, whose queries it follows, and which campaign's.
    private var blocks: [Int32] = []
    private var series: [Int64] = []
    private var campaigns: [Int64] = []
    private var blockNumbers: [String: Int32] = [:]
    private var seriesNumbers: [String: Int64] = [:]
    private var newest: Timestamp?

    private struct Head {
        let model: ModelID
        let modelVersion: String?
        let stratum: String?
        let owner: UserID?
        let detectorConfiguration: String
        let delta: Double
    }

    private struct Scored {
        let score: Double
        let record: Int32
    }

    /// A builder.
    ///
    /// - Parameters:
    ///   - model: whose traffic it is.
    ///   - modelVersion: the version of the model, where known.
    ///   - stratum: the part of the users that it is for.
    ///   - owner: the one user whose traffic it is.
    ///   - detectorConfiguration: how the detectors are set up, for people.
    ///   - fractions: each above 0 and below 1, in any order.
    ///   - delta: the chance to take that the bound on false alarms does not hold, above 0, at most 0.5.
    /// - Throws: `ScoringError.invalidConfiguration`.
    package init(
        model: ModelID,
        modelVersion: String? = nil,
        stratum: String? = nil,
        owner: UserID? = nil,
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
        head = Head(
            model: model,
            modelVersion: modelVersion,
            stratum: stratum,
            owner: owner,
            detectorConfiguration: detectorConfiguration,
            delta: delta
        )
        self.fractions = fractions.sorted(by: >)
    }

    /// How many records were added.
    package var records: Int { blocks.count }

    /// Adds one benign record; detectors that could not score it are simply missing.
    ///
    /// - Parameters:
    ///   - scores: finite scores, each detector at most once.
    ///   - block: which records depend on each other: those of one block do, those of different blocks do not.
    ///   - user: whose queries it follows; nil: the block's. Records are added in the order in which they count.
    ///   - campaign: which campaign's queries it follows.
    ///   - time: event time.
    package mutating func add(
        _ scores: [(detector: DetectorID, score: Double)],
        block: String,
        user: String? = nil,
        campaign: Int64? = nil,
        time: Timestamp? = nil
    ) {
        let number = blockNumbers[block] ?? Int32(blockNumbers.count)
        blockNumbers[block] = number
        let user = user ?? block
        let place = seriesNumbers[user] ?? Int64(seriesNumbers.count)
        seriesNumbers[user] = place
        append(scores, number, place, campaign ?? -1, time)
    }

    /// Adds benign scores of one detector, each of an independent record of its own.
    ///
    /// - Parameters:
    ///   - benign: finite scores, in any order.
    ///   - detector: which detector.
    package mutating func add(_ benign: [Double], for detector: DetectorID) {
        for score in benign {
            append([(detector, score)], -1 - Int32(blocks.count), -1 - Int64(blocks.count), -1, nil)
        }
    }

    private mutating func append(
        _ scores: [(detector: DetectorID, score: Double)],
        _ block: Int32,
        _ user: Int64,
        _ campaign: Int64,
        _ time: Timestamp?
    ) {
        let record = Int32(blocks.count)
        blocks.append(block)
        series.append(user)
        campaigns.append(campaign)
        if let time { newest = newest.map { max($0, time) } ?? time }
        for (detector, score) in scores {
            self.scores[detector, default: []].append(Scored(score: score, record: record))
        }
    }

    /// The calibration.
    ///
    /// Every fraction gives a rung, unless an earlier one gave the same: what is rarer than one score in all is the
    /// largest one. Scores of one block are worth fewer independent ones, and a
    /// detector's bounds count those (see ``Rungs``). The chance `delta` is taken once for the detectors of all records
    /// and once for those of records that joined a campaign: it is split evenly over the detectors of either, and a
    /// detector's share over its rungs. Where too few benign records joined campaigns, the calibration has no detector
    /// for them.
    ///
    /// - Returns: thresholds, bounds and e-values of all detectors.
    /// - Throws: `ScoringError`, when a detector has too few scores, or one that is not finite.
    package func build() throws(ScoringError) -> Calibration {
        guard scores.keys.contains(where: { !$0.feeds(.campaign) }) else { throw .noDetectors }
        var detectors: [DetectorCalibration] = []
        let (linked, all) = (scores.filter(isLinked), scores.filter { !isLinked($0) })
        for (detector, scored) in all.sorted(by: { $0.key < $1.key }) {
            guard scored.count >= Self.neededScores else {
                throw .tooFewBenignScores(detector, count: scored.count, needed: Self.neededScores)
            }
            detectors.append(try calibrate(detector, scored, among: all.count))
        }
        let usable = linked.filter { $0.value.count >= Self.neededLinkedScores }
        let lent = usable.isEmpty ? nil : lentBets(among: all.count)
        for (detector, scored) in usable.sorted(by: { $0.key < $1.key }) {
            detectors.append(try calibrate(detector, scored, among: usable.count, lent: lent))
        }
        return try Calibration(
            model: head.model,
            modelVersion: head.modelVersion,
            stratum: head.stratum,
            owner: head.owner,
            detectorConfiguration: head.detectorConfiguration,
            newest: newest,
            delta: head.delta,
            alarms: alarms(of: detectors),
            detectors: detectors
        )
    }

    /// Whose pasts a campaign's detector takes where few benign records went on with a campaign: both say how far answers fell.
    private static let lender = DetectorID("similarity.user.descent")

    private func isLinked(_ entry: (key: DetectorID, value: [Scored])) -> Bool { entry.key.feeds(.campaign) }

    private func calibrate(
        _ detector: DetectorID,
        _ scored: [Scored],
        among family: Int,
        lent: BetTable? = nil
    ) throws(ScoringError) -> DetectorCalibration {
        guard scored.allSatisfy(\.score.isFinite) else { throw .nonFiniteScore(detector) }
        let (rungs, bounds, succession) = survey(detector, scored, among: family)
        return DetectorCalibration(
            detector: detector,
            benign: scored.count,
            effective: rungs.effective,
            exceedances: rungs.exceedances,
            thresholds: rungs.thresholds,
            bounds: bounds,
            eValues: eValues(
                bounds,
                weighted: rungs.isWeighted,
                share: DetectorKind.share(of: detector, among: scores.keys)
            ),
            bets: succession.table(detectors: family, delta: head.delta, lent: lent)
        )
    }

    /// What a campaign's detector borrows.
    ///
    /// - Parameter family: among how many detectors the chance of failure is split.
    /// - Returns: the bets; nil where nobody lends.
    func lentBets(among family: Int) -> BetTable? {
        scores[Self.lender].map { scored in
            survey(Self.lender, scored, among: family).succession
                .table(detectors: family, delta: head.delta, isToLend: true)
        }
    }

    private func survey(
        _ detector: DetectorID,
        _ scored: [Scored],
        among family: Int
    ) -> (rungs: Rungs, bounds: [Double], succession: Succession) {
        let falling = scored.sorted { $0.score > $1.score }
        let rungs = Rungs(
            falling: falling.map(\.score),
            blocks: falling.map { blocks[Int($0.record)] },
            fractions: fractions
        )
        let bounds = rungs.bounds(detectors: family, delta: head.delta)
        let succession = Succession(
            scored.map { inOrder(detector, $0) },
            exceedances: rungs.exceedances,
            thresholds: rungs.thresholds,
            bounds: bounds
        )
        return (rungs, bounds, succession)
    }

    /// A score as its track meets it: a user's, a campaign's, or, of a model's own track, everybody's.
    private func inOrder(_ detector: DetectorID, _ scored: Scored) -> Succession.Score {
        let record = Int(scored.record)
        let owner: Int64
        if detector.feeds(.campaign) {
            owner = campaigns[record]
        } else {
            owner = detector.feeds(.user) ? series[record] : 0
        }
        return Succession.Score(value: scored.score, series: owner, block: blocks[record])
    }

    /// Counts, for every line that some rung draws, the benign records that are alarmed.
    private func alarms(of detectors: [DetectorCalibration]) -> AlarmCurve {
        var rarest = [Double](repeating: 1, count: blocks.count)
        for detector in detectors {
            for scored in scores[detector.detector] ?? [] {
                let rarity = detector.rarity(ofRung: detector.rung(of: scored.score))
                rarest[Int(scored.record)] = min(rarest[Int(scored.record)], rarity)
            }
        }
        rarest.sort()
        let lines = Set(
            detectors.flatMap { detector in
                (1...detector.thresholds.count).map { detector.rarity(ofRung: $0) }
            }
        ).sorted()
        var alarmed = 0
        return AlarmCurve(
            records: blocks.count,
            points: lines.map { line in
                while alarmed < rarest.count, rarest[alarmed] <= line { alarmed += 1 }
                return AlarmCurve.Point(rarity: line, alarmed: alarmed)
            }
        )
    }
}

/// The e-value of exceeding 0, 1, … K thresholds, in Q32, rounded down: the mean of 1/u over the weighted rungs, up to there.
///
/// - Parameters:
///   - bounds: u, falling.
///   - weighted: which rungs count; all where nil. Any weights that do not depend on later scores give an e-value.
///   - share: what its expectation is bounded by.
/// - Returns: Q32.
func eValues(_ bounds: [Double], weighted: [Bool]? = nil, share: Double = 1) -> [Int64] {
    let weighted = weighted ?? Array(repeating: true, count: bounds.count)
    var values: [Int64] = [0]
    var sum = 0.0
    let weight = share / Double(max(1, weighted.count { $0 }))
    for (bound, counts) in zip(bounds, weighted) {
        if counts { sum += weight / bound }
        values.append(Int64(sum * 4_294_967_296))
    }
    return values
}

/// Upper bounds on the probability of exceeding each threshold that hold together for all detectors, but for `delta`.
func calibrationBounds(_ exceedances: [Int], of count: Int, detectors: Int, delta: Double) -> [Double] {
    let risk = delta / Double(exceedances.count * detectors)
    return exceedances.map { binomialUpperBound(count: $0, of: count, risk: risk) }
}
