package import Domain

/// The constants of the model "riskd-edet-1" (docs/design/evidence.md#units-and-constants).
///
/// Everything that a score depends on besides calibration and histograms. Powers are evaluated once, here; a stored
/// configuration is read back with its stored tables.
package struct ScoringConfiguration: Hashable, Sendable {
    /// The length of a tick, in whole milliseconds.
    package let tickLength: Duration
    /// How long a tick stays open for records that arrive out of order.
    package let lateness: Duration
    /// The lanes' half-lives in ticks (1 … 131,072), burst first.
    package let halfLives: [Int64]
    /// The lanes' decay tables, burst first.
    package let decayTables: [DecayTable]
    /// The lanes' bet sizes, as negative powers of two (1 … 31).
    package let lambdaShifts: [Int]
    /// What the choice among four lanes costs, in units of evidence.
    package let penalty: Int64
    /// The most evidence that a lane holds, in units; at most 128 bits.
    package let cap: Int64
    /// The evidence at which the score is 50, in milli-bits.
    package let kappa: Int64
    /// The scores that enter low, medium, high and critical, in milli-points.
    package let enter: [Int64]
    /// The scores below which low, medium, high and critical are left, in milli-points.
    package let exit: [Int64]
    /// How many ticks in a row a score stays below its exit before the level steps down.
    package let hold: Int
    /// What the odds of all members but the worst are divided by in a roll-up.
    package let othersDivisor: Int64
    /// Odds, in millionths, that a member adds nothing to a roll-up with, unless it is the worst.
    package let oddsFloor: Int64
    /// The criticality of models, in permille: 500, 1000, 1500 or 2000; 1000 where none is given.
    package let criticality: [ModelID: Int64]

    /// Settings; the defaults are those of the first edition's reference program, which golden vectors were made with.
    ///
    /// - Parameters:
    ///   - tickLength: whole milliseconds, at least one.
    ///   - lateness: not negative.
    ///   - halfLives: four, burst first; 1 … 131,072 ticks each, rounded down to whole ticks.
    ///   - lambdaShifts: four, 1 … 31.
    ///   - penalty: units of evidence.
    ///   - cap: units of evidence, at most 128 bits.
    ///   - kappa: milli-bits, 1,000 … 128,000.
    ///   - enter: four rising scores in milli-points.
    ///   - exit: four rising scores in milli-points, each at most its `enter`.
    ///   - hold: ticks, at least 1.
    ///   - othersDivisor: at least 1.
    ///   - oddsFloor: millionths.
    ///   - criticality: permille by model.
    /// - Throws: `ScoringError.invalidConfiguration`.
    package init(
        tickLength: Duration = .seconds(10),
        lateness: Duration = .seconds(30),
        halfLives: [Duration] = [.seconds(600), .seconds(3600), .seconds(14_400), .seconds(86_400)],
        lambdaShifts: [Int] = [1, 3, 5, 7],
        penalty: Int64 = 2 * Evidence.bit,
        cap: Int64 = 64 * Evidence.bit,
        kappa: Int64 = 13_093,
        enter: [Int64] = [20_000, 40_000, 70_000, 90_000],
        exit: [Int64] = [15_000, 32_000, 60_000, 82_000],
        hold: Int = 12,
        othersDivisor: Int64 = 4,
        oddsFloor: Int64 = 250_000,
        criticality: [ModelID: Int64] = [:]
    ) throws(ScoringError) {
        let length = tickLength.wholeMilliseconds
        guard length >= 1, tickLength == .milliseconds(length) else {
            throw .invalidConfiguration("the tick length must be a whole number of milliseconds, at least 1")
        }
        let ticks = halfLives.map { $0.wholeMilliseconds.floorDivided(by: length) }
        guard ticks.allSatisfy({ (1...131_072).contains($0) }) else {
            throw .invalidConfiguration("a half-life must be 1 … 131,072 ticks long")
        }
        try self.init(
            tickLength: tickLength,
            lateness: .milliseconds(lateness.wholeMilliseconds),
            ticks: ticks,
            decayTables: ticks.map { DecayTable(halfLife: $0) },
            lambdaShifts: lambdaShifts,
            penalty: penalty,
            cap: cap,
            kappa: kappa,
            enter: enter,
            exit: exit,
            hold: hold,
            othersDivisor: othersDivisor,
            oddsFloor: oddsFloor,
            criticality: criticality
        )
    }

    init(
        tickLength: Duration,
        lateness: Duration,
        ticks: [Int64],
        decayTables: [DecayTable],
        lambdaShifts: [Int],
        penalty: Int64,
        cap: Int64,
        kappa: Int64,
        enter: [Int64],
        exit: [Int64],
        hold: Int,
        othersDivisor: Int64,
        oddsFloor: Int64,
        criticality: [ModelID: Int64]
    ) throws(ScoringError) {
        self.tickLength = tickLength
        self.lateness = lateness
        halfLives = ticks
        self.decayTables = decayTables
        self.lambdaShifts = lambdaShifts
        self.penalty = penalty
        self.cap = cap
        self.kappa = kappa
        self.enter = enter
        self.exit = exit
        self.hold = hold
        self.othersDivisor = othersDivisor
        self.oddsFloor = oddsFloor
        self.criticality = criticality
        if let fault { throw .invalidConfiguration(fault) }
    }

    private var fault: String? {
        let rises = zip(enter, enter.dropFirst()).allSatisfy { $0 < $1 }
        let exitRises = zip(exit, exit.dropFirst()).allSatisfy { $0 < $1 }
        let exitsBelow = zip(exit, enter).allSatisfy { $0 <= $1 }
        let checks: [(Bool, String)] = [
            (tickLength.wholeMilliseconds >= 1, "the tick length must be at least 1 ms"),
            (lateness >= .zero, "the lateness must not be negative"),
            (halfLives.count == 4 && decayTables.count == 4, "there are four half-lives"),
            (
                halfLives.allSatisfy { (1...131_072).contains($0) },
                "a half-life must be 1 … 131,072 ticks long"
            ),
            (lambdaShifts.count == 4, "there are four bet sizes"),
            (lambdaShifts.allSatisfy { (1...31).contains($0) }, "a bet size must be 2^-1 … 2^-31"),
            (penalty >= 0 && penalty <= cap, "the penalty must be between 0 and the cap"),
            (cap <= 128 * Evidence.bit, "the cap must be at most 128 bits"),
            ((1000...128_000).contains(kappa), "kappa must be 1,000 … 128,000 milli-bits"),
            (enter.count == 4 && rises, "there are four enter thresholds, rising"),
            (exit.count == 4 && exitRises && exitsBelow, "four exit thresholds, rising, at most their enter"),
            ((exit.first ?? 0) >= 1 && (enter.last ?? 0) < 100_000, "thresholds must lie between 0 and 100"),
            ((1...1_000_000).contains(hold), "the hold must be 1 … 1,000,000 ticks"),
            ((1...1_000_000).contains(othersDivisor), "the roll-up's divisor must be 1 … 1,000,000"),
            ((0...1_000_000_000).contains(oddsFloor), "the roll-up's floor must be 0 … 10^9 millionths"),
            (
                criticality.values.allSatisfy { [500, 1000, 1500, 2000].contains($0) },
                "a model's criticality must be 500, 1000, 1500 or 2000 permille"
            ),
        ]
        return checks.first { !$0.0 }?.1
    }
}

extension ScoringConfiguration {
    /// The criticality of `model` in permille.
    package func criticality(of model: ModelID) -> Int64 { criticality[model] ?? 1000 }

    /// The tick that `time` lies in.
    package func tick(of time: Timestamp) -> Tick {
        Tick(time.milliseconds.floorDivided(by: tickLength.wholeMilliseconds))
    }

    /// The first instant of `tick`.
    package func start(of tick: Tick) -> Timestamp {
        Timestamp(milliseconds: tick.index * tickLength.wholeMilliseconds)
    }

    /// The first instant after `tick`.
    package func end(of tick: Tick) -> Timestamp { start(of: Tick(tick.index + 1)) }

    /// The score of some evidence: `100 · w (C/kappa)² / (1 + w (C/kappa)²)`.
    ///
    /// - Parameters:
    ///   - evidence: C in units, 0 … `cap`.
    ///   - criticality: w in permille.
    /// - Returns: 0 ..< 100,000 milli-points.
    package func scoreMilli(_ evidence: Int64, criticality: Int64) -> Int64 {
        let milliBits = (evidence * 1000) >> 20
        let weighted = criticality * milliBits * milliBits
        return Int64(100_000 * Int128(weighted) / Int128(weighted + 1000 * kappa * kappa))
    }

    /// The odds of some evidence: `w (C/kappa)²`.
    ///
    /// - Parameters:
    ///   - evidence: C in units, 0 … `cap`.
    ///   - criticality: w in permille.
    /// - Returns: millionths.
    package func oddsPPM(_ evidence: Int64, criticality: Int64) -> Int64 {
        let milliBits = (evidence * 1000) >> 20
        return (1000 * criticality * milliBits * milliBits) / (kappa * kappa)
    }

    /// The odds of a whole from those of its members: the worst, and a share of what the others have above the floor.
    ///
    /// - Parameters:
    ///   - odds: the members' odds in millionths, in any order.
    ///   - criticality: w of the whole in permille.
    /// - Returns: millionths.
    package func rollUpPPM(_ odds: [Int64], criticality: Int64) -> Int64 {
        guard let worst = odds.max() else { return 0 }
        let all = odds.reduce(0) { $0 + max(0, $1 - oddsFloor) }
        return criticality * (worst + (all - max(0, worst - oddsFloor)) / othersDivisor) / 1000
    }

    /// The score of some odds: `100 · O / (1 + O)`.
    ///
    /// - Parameter odds: millionths.
    /// - Returns: 0 ..< 100,000 milli-points.
    package func oddsToMilli(_ odds: Int64) -> Int64 {
        Int64(100_000 * Int128(odds) / (Int128(odds) + 1_000_000))
    }

    /// The evidence that counts: the strongest lane less the price of choosing among four.
    func combined(_ strongest: Int64) -> Int64 { max(0, strongest - penalty) }

    /// More units than decay's roundings can ever move a lane by, between any two ticks.
    ///
    /// A table entry for 2^i ticks is low by at most 2^i · 2^-30 of itself, so a lane after dt ticks by
    /// cap · dt · 2^(-dt/h) · 2^-30, which is largest at dt = h / ln 2; and each of at most 32 products loses a unit.
    var decaySlack: Int64 { (halfLives.max() ?? 0) * (cap >> 20) / 512 + 64 }
}
