import Domain
import Foundation
import Testing

@testable import Scoring

/// Properties P1 to P6, P8 to P10 and P12 of docs/design/evidence.md#properties, each on 1,000 random histories.
@Suite struct TrackTests {
    private let configuration: ScoringConfiguration
    private let calibration: Calibration
    private let seed = UInt64.random(in: 0 ... .max)
    private let table: [Int64] = [
        0, 7_845_676_746, 32_018_344_670, 96_344_400_291, 269_000_116_030, 648_382_265_217,
    ]

    init() throws {
        configuration = try ScoringConfiguration()
        calibration = try ScoringTests.calibration(["dis": table, "sim": table])
    }

    private typealias History = [(tick: Int64, queries: [[Int]])]

    private func history(_ generator: inout SeededGenerator) -> History {
        var tick: Int64 = 0
        return (0..<5).map { _ in
            tick += Int64(generator.chance(0.7) ? generator.integer(1...4) : generator.integer(5...60))
            let queries = (0..<generator.integer(1...4)).map { _ in
                (0..<2).map { _ in generator.integer(-1...5) }
            }
            return (tick, queries)
        }
    }

    private func run(_ history: History, shift: Int64 = 0) -> (
        track: Track, scores: [Int64], lanes: [[Int64]]
    ) {
        var track = Track()
        var scores: [Int64] = []
        var lanes: [[Int64]] = []
        for (tick, queries) in history {
            track.step(histogram(queries, calibration, at: tick + shift), calibration, configuration)
            scores.append(track.score(at: Tick(tick + shift), configuration))
            lanes.append(track.lanes)
        }
        return (track, scores, lanes)
    }

    private func forHistories(_ body: (History, inout SeededGenerator) throws -> Void) rethrows {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<1000 { try body(history(&generator), &generator) }
    }

    @Test func `P1, P2, P6: scores are bounded, order and origin are irrelevant`() {
        forHistories { history, generator in
            let (track, scores, lanes) = run(history)
            #expect(scores.allSatisfy { (0..<100_000).contains($0) }, "seed \(seed)")
            #expect(lanes.joined().allSatisfy { (0...configuration.cap).contains($0) }, "seed \(seed)")
            let shuffled = history.map { (tick: $0.tick, queries: $0.queries.shuffled(using: &generator)) }
            #expect(run(shuffled).track == track, "seed \(seed)")
            #expect(run(history, shift: -1_000_003).lanes == lanes, "seed \(seed)")
        }
    }

    @Test func `P3: a higher rung never lowers a later score, an unremarkable query never raises one`() {
        forHistories { history, generator in
            let scores = run(history).scores
            let index = generator.integer(0...history.count - 1)
            let detector = generator.integer(0...1)
            var worse = history
            let rung = worse[index].queries[0][detector]
            // Not scored bets 1, between rung 0 and rung 1.
            worse[index].queries[0][detector] = generator.integer(max(1, rung)...5)
            #expect(zip(run(worse).scores, scores).allSatisfy { $0 >= $1 }, "seed \(seed)")
            var calmer = history
            calmer[index].queries.append([0, 0])
            #expect(zip(run(calmer).scores, scores).allSatisfy { $0 <= $1 }, "seed \(seed)")
        }
    }

    @Test func `P4: without queries a score does not rise, on any tick, and reaches zero`() {
        forHistories { history, _ in
            let track = run(history).track
            let last = history.last?.tick ?? 0
            var before = track.score(at: Tick(last), configuration)
            for dt in (1...40).map({ Int64($0) }) + [
                63, 64, 127, 128, 1023, 1024, 8191, 8192, 16_383, 16_384,
            ] {
                let after = track.score(at: Tick(last + dt), configuration)
                #expect(after <= before, "seed \(seed)")
                before = after
            }
            #expect(track.score(at: Tick(last + 60_000), configuration) == 0)
            #expect(track.lanes(at: Tick(last + 400_000), configuration) == [0, 0, 0, 0])
        }
    }

    @Test func `P4: a lane may rise by a few units, never where evidence counts`() {
        var generator = SeededGenerator(seed: seed)
        var largest: Int64 = 0
        for round in 0..<200 {
            let lane = round % 4
            let bound = round % 2 == 0 ? 1 << 26 : 1 << 18
            let start = Int64(generator.integer(1...bound))
            var before = start
            for dt in Int64(1)...300 {
                let after = configuration.decayTables[lane].decay(start, over: dt)
                largest = max(largest, after - before)
                if before > configuration.penalty { #expect(after < before, "seed \(seed)") }
                if before <= configuration.penalty { #expect(after <= configuration.penalty, "seed \(seed)") }
                before = after
            }
        }
        let campaign = configuration.decayTables[3]
        #expect(campaign.decay(5000, over: 16) > campaign.decay(5000, over: 15))
        #expect(largest <= 14)
    }

    @Test func `P5, P12: reading changes nothing; levels move by enter, exit and hold alone`() {
        forHistories { history, generator in
            var (plain, read, slow) = (Track(), Track(), Track())
            var slowSeen: Int64?
            for (tick, queries) in history {
                let counts = histogram(queries, calibration, at: tick)
                plain.feed(counts, calibration, configuration)
                if let seen = read.seen, tick - 1 > seen.index {
                    let early = Tick(Int64(generator.integer(Int(seen.index) + 1...Int(tick) - 1)))
                    read.advance(to: early, configuration)
                    _ = read.explain(at: Tick(tick + 9), configuration)
                }
                read.feed(counts, calibration, configuration)
                // Slowly: every tick of the grid, one by one.
                for quiet in (slowSeen ?? tick - 1) + 1..<max(tick, (slowSeen ?? tick - 1) + 1) {
                    let level = slow.level
                    slow.evaluate(slow.score(at: Tick(quiet), configuration), at: Tick(quiet), configuration)
                    #expect(slow.level <= level && level.rawValue - slow.level.rawValue <= 1, "seed \(seed)")
                }
                slow.step(counts, calibration, configuration)
                let level = slow.level
                slow.evaluate(slow.score(at: Tick(tick), configuration), at: Tick(tick), configuration)
                #expect(level.rawValue - slow.level.rawValue <= 1, "seed \(seed)")
                slowSeen = tick
                #expect(plain == read && plain == slow, "seed \(seed)")
            }
        }
    }

    @Test func `P8, P9: parts sum to the score at every criticality, which never lowers it`() {
        forHistories { history, generator in
            let track = run(history).track
            let tick = Tick((history.last?.tick ?? 0) + Int64(generator.integer(0...900)))
            var before: Int64 = 0
            for criticality: Int64 in [500, 1000, 1500, 2000] {
                let score = track.score(at: tick, criticality: criticality, configuration)
                let parts = track.explain(at: tick, criticality: criticality, configuration)
                #expect(parts.reduce(0) { $0 + $1.milliPoints } == score, "seed \(seed)")
                #expect(score >= before, "seed \(seed)")
                before = score
            }
            for lane in 0..<4 { #expect(track.ledgers[lane].total == track.lanes[lane], "seed \(seed)") }
        }
    }

    @Test func `P9: a roll-up is at least its worst member, in any order, without the calm`() {
        forHistories { _, generator in
            let odds = (0..<generator.integer(1...9)).map { _ in Int64(generator.integer(0...9_000_000)) }
            let rollUp = configuration.rollUpPPM(odds, criticality: 1000)
            #expect(rollUp >= odds.max() ?? 0, "seed \(seed)")
            #expect(configuration.rollUpPPM(odds.shuffled(using: &generator), criticality: 1000) == rollUp)
            let worst = odds.max() ?? 0
            let calm = (0..<50).map { _ in Int64(generator.integer(0...Int(min(worst, 250_000)))) }
            #expect(configuration.rollUpPPM(odds + calm, criticality: 1000) == rollUp, "seed \(seed)")
        }
    }

    @Test func `P10: the integer logarithm is rounded down by less than two units`() {
        var generator = SeededGenerator(seed: seed)
        for power in UInt64(0)..<64 { #expect(ilog2(1 << power) == (Int64(power) - 32) << 20) }
        for _ in 0..<1000 {
            let value = UInt64.random(
                in: 1...UInt64.max >> UInt64(generator.integer(0...63)),
                using: &generator
            )
            let units = ilog2(value)
            #expect(abs(logarithm(value) - Double(units) - 1) <= 1.001, "seed \(seed)")
        }
    }

    @Test func `a tick of a hundred million queries does not overflow`() {
        let counts = calibration.detectors.map {
            DetectorCounts(detector: $0.detector, byRung: [0, 0, 0, 0, 0, 100_000_000_000])
        }
        let entity = Entity.model(ModelID("m"))
        var (many, one) = (Track(), Track())
        let huge = TickHistogram(entity: entity, tick: Tick(0), queries: 100_000_000_000, counts: counts)
        many.step(huge, calibration, configuration)
        one.step(histogram([[5, 5]], calibration, at: 0), calibration, configuration)
        #expect(many == one)
    }
}

/// The logarithm of a Q32 value in units of evidence.
private func logarithm(_ value: UInt64) -> Double { (log2(Double(value)) - 32) * 1_048_576 }
