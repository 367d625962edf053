import Domain
import Foundation
import Testing

@testable import Scoring

/// Benign traffic whose scores depend on each other stays under the stated bound (docs/design/evidence.md#the-bound).
///
/// `make test-statistics` draws whole populations at three paces; without it a smaller version of each runs, which can still
/// fail. All seeds are fixed.
extension StatisticsTests {
    /// How a user's scores depend on the one before.
    enum Habit: Hashable, CustomTestStringConvertible {
        case independent
        /// Correlated, by so many hundredths from one score to the next.
        case correlated(Int)
        /// So many near-equal scores in a row.
        case runs(Int)
        /// Every run of a length drawn from 1, 1, 1, 1, 1, 1, 2, 8, 32.
        case mixed

        var testDescription: String {
            switch self {
            case .independent: "independent"
            case .correlated(let hundredths): "correlated by 0.\(hundredths)"
            case .runs(let length): "runs of \(length)"
            case .mixed: "runs of mixed lengths"
            }
        }

        /// A user's scores, each above 0, its logarithm's tail that of a normal distribution.
        func scores(_ count: Int, _ random: inout SeededGenerator) -> [Double] {
            var scores: [Double] = []
            if case .correlated(let hundredths) = self {
                let keep = Double(hundredths) / 100
                let fresh = (1 - keep * keep).squareRoot()
                var last = Self.normal(&random)
                for _ in 0..<count {
                    scores.append(exp(last))
                    last = keep * last + fresh * Self.normal(&random)
                }
                return scores
            }
            while scores.count < count {
                let length: Int
                switch self {
                case .runs(let of): length = of
                case .mixed: length = [1, 1, 1, 1, 1, 1, 2, 8, 32].randomElement(using: &random) ?? 1
                default: length = 1
                }
                let score = exp(Self.normal(&random))
                for _ in 0..<min(length, count - scores.count) {
                    scores.append(length == 1 ? score : score * (1 + 0.02 * Self.normal(&random)))
                }
            }
            return scores
        }

        private static func normal(_ random: inout SeededGenerator) -> Double {
            let (a, b) = (
                Double.random(in: 1e-12..<1, using: &random), Double.random(in: 0..<1, using: &random)
            )
            return (-2 * log(a)).squareRoot() * cos(2 * .pi * b)
        }
    }

    private static let length = 48
    private static let detector = DetectorID("opinion.a")

    /// A calibration on a draw of users, each a block of its own.
    private func calibration(_ users: Int, _ habit: Habit, _ random: inout SeededGenerator) throws
        -> Calibration
    {
        var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "")
        for user in 0..<users {
            for score in habit.scores(Self.length, &random) {
                builder.add([(Self.detector, score)], block: "\(user)", user: "\(user)")
            }
        }
        return try builder.build()
    }

    /// The same where what follows a remarkable query is bet as if nothing had been remarkable.
    private func withoutPasts(_ calibration: Calibration) throws -> Calibration {
        let detector = try #require(calibration[Self.detector])
        let bets = try #require(detector.bets)
        let calm = bets.inverses[BetTable.Past.calm.rawValue]
        return try calibration.keeping(
            [
                DetectorCalibration(
                    detector: detector.detector,
                    benign: detector.benign,
                    effective: detector.effective,
                    exceedances: detector.exceedances,
                    thresholds: detector.thresholds,
                    bounds: detector.bounds,
                    eValues: detector.eValues,
                    bets: BetTable(
                        rungs: bets.rungs,
                        inverses: Array(repeating: calm, count: BetTable.Past.allCases.count),
                        pairs: bets.pairs,
                        worth: bets.worth
                    )
                )
            ],
            detectorConfiguration: ""
        )
    }

    /// What benign entities came to.
    private struct Outcome: CustomStringConvertible {
        var entries: [Level: Int] = [:]
        var steps = 0
        var entities = 0
        /// Entities by the highest level that they reached.
        var highest: [Level: Int] = [:]
        /// The most evidence that any held, in units.
        var peak: Int64 = 0

        func reached(_ level: Level) -> Int { highest.reduce(0) { $0 + ($1.key >= level ? $1.value : 0) } }

        /// Entries per query.
        func rate(_ level: Level) -> Double { Double(entries[level] ?? 0) / Double(max(1, steps)) }

        mutating func add(_ next: Outcome) {
            entries.merge(next.entries, uniquingKeysWith: +)
            highest.merge(next.highest, uniquingKeysWith: +)
            steps += next.steps
            entities += next.entities
            peak = max(peak, next.peak)
        }

        var description: String {
            let counts = Level.allCases.dropFirst().map { "\($0) \(entries[$0] ?? 0)" }
            let bits = (Double(peak) / 104_857.6).rounded() / 10
            let share = "\(reached(.medium)) at medium, \(reached(.high)) at high"
            return "entries \(counts.joined(separator: ", ")) in \(steps) queries; of \(entities) accounts "
                + "\(share), at most \(bits) bits"
        }
    }

    /// Feeds fresh entities at a pace: so many queries in a tick of ten seconds, or, negative, so many ticks between two.
    private func outcome(
        _ calibration: Calibration,
        _ entities: Int,
        _ habit: Habit,
        queriesPerTick: Int,
        _ random: inout SeededGenerator
    ) throws -> Outcome {
        let configuration = try ScoringConfiguration()
        let detector = try #require(calibration[Self.detector])
        var outcome = Outcome()
        for _ in 0..<entities {
            let codes = habit.scores(Self.length, &random).map { StepCode(rung: detector.rung(of: $0)) }
            var track = Track()
            var highest = Level.info
            var (place, tick): (Int, Int64) = (0, 0)
            while place < codes.count {
                let end = min(codes.count, place + max(1, queriesPerTick))
                let before = track.level
                track.feed(
                    histogram(steps: [Array(codes[place..<end])], calibration, at: tick),
                    calibration,
                    configuration
                )
                for level in Level.allCases where level > before && level <= track.level {
                    outcome.entries[level, default: 0] += 1
                }
                highest = max(highest, track.level)
                outcome.peak = max(outcome.peak, track.evidence(at: Tick(tick), configuration))
                place = end
                tick += Int64(max(1, -queriesPerTick))
            }
            outcome.highest[highest, default: 0] += 1
            outcome.steps += codes.count
            outcome.entities += 1
        }
        return outcome
    }

    private func allowed(_ level: Level, _ outcome: Outcome) throws -> Double {
        try ScoringConfiguration().falseEntries(
            of: level,
            steps: outcome.steps,
            tracks: outcome.entities,
            criticality: 1000
        )
    }

    /// What most of the levels hold, as docs/scoring.md#what-was-measured says.
    private func holds(_ outcome: Outcome, _ comment: String) throws {
        for level in Level.allCases.dropFirst() {
            let entries = Double(outcome.entries[level] ?? 0)
            #expect(try entries <= allowed(level, outcome), "\(comment), \(level): \(outcome)")
        }
        #expect(outcome.reached(.high) == 0, "\(comment): \(outcome)")
        #expect(outcome.reached(.medium) * 100 <= outcome.entities, "\(comment): \(outcome)")
    }

    /// A query in 20 ticks, one a tick, five a tick: 1, 20 and 100 times.
    private static let paces = [-20, 1, 5]

    /// The outcomes of some calibrations and paces together.
    private func outcomes(
        _ habit: Habit,
        users: Int,
        draws: Int,
        entities: Int,
        paces: [Int] = paces,
        ignoringPasts: Bool = false
    ) throws -> Outcome {
        var random = SeededGenerator(seed: UInt64(users))
        var all = Outcome()
        for _ in 0..<draws {
            var calibration = try calibration(users, habit, &random)
            if ignoringPasts { calibration = try withoutPasts(calibration) }
            for pace in paces {
                let next = try outcome(calibration, entities, habit, queriesPerTick: pace, &random)
                if next.reached(.high) > 0 { print("  a draw at \(pace) a tick: \(next)") }
                all.add(next)
            }
        }
        let rule = ignoringPasts ? "without pasts" : "ours"
        print("\(habit.testDescription), \(users) users, \(rule): \(all)")
        return all
    }

    @Test(arguments: [
        Habit.independent, .correlated(60), .correlated(95), .runs(2), .runs(8), .runs(32),
    ])
    func `benign scores that depend on each other stay under the bound, at any pace`(habit: Habit) throws {
        for users in [100, 400] {
            let outcome = try outcomes(
                habit,
                users: users,
                draws: Self.isNightly ? 20 : 2,
                entities: Self.isNightly ? 1000 : 300
            )
            if habit == .correlated(95), users == 100, Self.isNightly {
                // It does not hold here: a hundred users who drift this slowly rise into the rarest marks a handful of
                // times, which tells too little of how long one stays there. About one calibration in four lets one to six
                // accounts of a thousand to high, where the bound allows one in twenty; of 400 users none did.
                #expect(outcome.reached(.medium) * 100 <= outcome.entities)
                #expect(outcome.reached(.high) * 1000 <= outcome.entities)
                withKnownIssue("100 users who drift slowly: the bound breaks") {
                    try holds(outcome, "\(habit.testDescription), \(users) users")
                }
                continue
            }
            try holds(outcome, "\(habit.testDescription), \(users) users")
        }
    }

    @Test(arguments: [8, 32])
    func `steps that do not pay for dependence break the bound on runs`(length: Int) throws {
        let outcome = try outcomes(
            .runs(length),
            users: 400,
            draws: Self.isNightly ? 5 : 1,
            entities: Self.isNightly ? 1000 : 300,
            ignoringPasts: true
        )
        // Three times what may be expected, and more than chance makes of that.
        #expect(try Double(outcome.entries[.high] ?? 0) > 3 * allowed(.high, outcome) + 3)
        #expect(outcome.reached(.medium) * 100 > outcome.entities)
    }

    /// Few of the runs are long, and what is usual after a remarkable query is to go on as before; those that are long look like
    /// attacks.
    @Test(.enabled(if: isNightly), arguments: [24, 100, 400])
    func `runs of mixed lengths are the hard case, and are measured`(users: Int) throws {
        let ours = try outcomes(.mixed, users: users, draws: 20, entities: 1000)
        let blind = try outcomes(.mixed, users: users, draws: 2, entities: 1000, ignoringPasts: true)
        #expect(ours.rate(.high) < blind.rate(.high) / 4)
        withKnownIssue("few long runs among many single scores: the bound breaks") {
            try holds(ours, "mixed, \(users) users")
        }
    }

    @Test func `a detector that never remarks on anything costs exactly its price`() throws {
        var random = SeededGenerator(seed: 7)
        let alone = try calibration(100, .independent, &random)
        let useful = try #require(alone[Self.detector])
        let both = try alone.keeping(
            [
                useful,
                DetectorCalibration(
                    detector: DetectorID("opinion.b"),
                    benign: useful.benign,
                    effective: useful.effective,
                    exceedances: useful.exceedances,
                    thresholds: useful.thresholds,
                    bounds: useful.bounds,
                    eValues: useful.eValues,
                    bets: useful.bets
                ),
            ],
            detectorConfiguration: ""
        )
        let price = both.price(of: .user) - alone.price(of: .user)
        // Twice as many lanes: one bit.
        #expect(price == Evidence.bit)
        let configuration = try ScoringConfiguration()
        var compared = 0
        for _ in 0..<300 {
            var tracks = (one: Track(), two: Track())
            var isCapped = false
            for tick in (0 as Int64)..<24 {
                let codes = [StepCode(rung: random.integer(0...useful.thresholds.count))]
                let calm = [StepCode(rung: 0)]
                tracks.one.step(histogram(steps: [codes], alone, at: tick), alone, configuration)
                tracks.two.step(histogram(steps: [codes, calm], both, at: tick), both, configuration)
                let (one, two) = (
                    tracks.one.evidence(at: Tick(tick), configuration),
                    tracks.two.evidence(at: Tick(tick), configuration)
                )
                // The ceiling of the lane of mark 2 is beyond its price, so that there a price costs nothing.
                let ceilings = [BetLane.ceiling + tracks.one.price, BetLane.ceiling + tracks.two.price]
                isCapped =
                    isCapped
                    || zip([tracks.one, tracks.two], ceilings).contains { track, ceiling in
                        track.streams.contains { $0.lanes[0] >= ceiling }
                    }
                if two > 0, !isCapped {
                    #expect(one - two == price)
                    compared += 1
                } else if !isCapped {
                    #expect(one <= price)
                }
                #expect(tracks.two.streams.allSatisfy { $0.detector == Self.detector })
            }
        }
        #expect(compared > 300)
    }
}
