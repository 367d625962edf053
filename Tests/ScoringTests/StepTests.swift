import Domain
import Testing

@testable import Scoring

/// The properties of docs/design/evidence.md#properties where queries count one after the other, each on random histories.
@Suite struct StepTests {
    private let configuration: ScoringConfiguration
    private let calibration: Calibration
    private let seed = UInt64.random(in: 0 ... .max)
    private let detectors = ["opinion.a", "similarity.user.descent"]

    init() throws {
        configuration = try ScoringConfiguration()
        let row = [1, 3, 5, 7, 9, 11].map { Int64(1) << (32 + $0) }
        // After a remarkable query each mark is worth less, after the same mark least.
        let rows = [0, 1, 3, 5].map { fall in row.map { $0 >> Int64(fall) } }
        let table = BetTable(rungs: [1, 2, 3, 4, 5, 6], inverses: rows, pairs: 0, worth: 0)
        let values = (0...6).map { $0 == 0 ? 0 : Int64(1) << (32 + Int64($0)) }
        calibration = try Calibration(
            model: ModelID("m"),
            detectorConfiguration: "",
            delta: 0.01,
            detectors: detectors.map { bettingDetector($0, table: values, table) }
        )
    }

    /// By tick: a list of codes for each detector.
    private typealias History = [(tick: Int64, codes: [[StepCode]])]

    private func code(_ random: inout SeededGenerator) -> StepCode {
        if random.chance(0.1) { return .unscored }
        let rung = random.chance(0.5) ? random.integer(1...6) : 0
        return StepCode(rung: rung, isSceneKnown: random.chance(0.2))
    }

    private func history(_ random: inout SeededGenerator) -> History {
        var tick: Int64 = 0
        return (0..<5).map { _ in
            tick += Int64(random.chance(0.7) ? random.integer(1...4) : random.integer(5...60))
            let count = random.integer(1...6)
            return (tick, detectors.map { _ in (0..<count).map { _ in code(&random) } })
        }
    }

    private func run(_ history: History, shift: Int64 = 0) -> (track: Track, scores: [Int64]) {
        var track = Track()
        var scores: [Int64] = []
        for (tick, codes) in history {
            track.step(histogram(steps: codes, calibration, at: tick + shift), calibration, configuration)
            scores.append(track.score(at: Tick(tick + shift), configuration))
        }
        return (track, scores)
    }

    private func forHistories(_ body: (History, inout SeededGenerator) throws -> Void) rethrows {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 { try body(history(&random), &random) }
    }

    @Test func `P1: scores and lanes are bounded, and the origin of time is irrelevant`() {
        forHistories { history, _ in
            let (track, scores) = run(history)
            #expect(scores.allSatisfy { (0..<100_000).contains($0) }, "seed \(seed)")
            for stream in track.streams {
                #expect(stream.lanes.allSatisfy { (0...configuration.cap).contains($0) }, "seed \(seed)")
                #expect(stream.lanes[0] <= BetLane.ceiling + track.price, "seed \(seed)")
            }
            let shifted = run(history, shift: -1_000_003)
            #expect(shifted.track.streams == track.streams && shifted.scores == scores, "seed \(seed)")
        }
    }

    @Test func `P2: where event times differ the order of adding is irrelevant, and arrival decides equals`()
        throws
    {
        var random = SeededGenerator(seed: seed)
        let entity = Entity.user(UserID("u"), model: ModelID("m"))
        func added(_ queries: [(time: Int64, rung: Int)]) -> TickHistogram? {
            var open = OpenTick()
            for query in queries {
                open.add(
                    entity,
                    [DetectorRung(detector: DetectorID(detectors[0]), rung: query.rung)],
                    calibration.detectors,
                    at: Timestamp(milliseconds: query.time)
                )
            }
            return open.histograms(of: Tick(0)).first
        }
        for _ in 0..<300 {
            let times = (0..<10_000).shuffled(using: &random).prefix(random.integer(2...12))
            let queries = times.map { (time: Int64($0), rung: random.integer(0...6)) }
            let inOrder = queries.sorted { $0.time < $1.time }
            let found = try #require(added(queries))
            #expect(found == added(queries.shuffled(using: &random)), "seed \(seed)")
            #expect(found.steps[0] == inOrder.map { StepCode(rung: $0.rung) }, "seed \(seed)")
            #expect(found.steps[1] == inOrder.map { _ in .unscored })
            let equals = queries.map { (time: Int64(5), rung: $0.rung) }
            #expect(added(equals)?.steps[0] == queries.map { StepCode(rung: $0.rung) }, "seed \(seed)")
        }
    }

    @Test func `P2: where a tick's queries are cut into batches is irrelevant`() {
        forHistories { history, random in
            var cut = Track()
            for (tick, codes) in history {
                let place = random.integer(0...codes[0].count)
                for part in [codes.map { Array($0.prefix(place)) }, codes.map { Array($0.dropFirst(place)) }]
                {
                    cut.step(histogram(steps: part, calibration, at: tick), calibration, configuration)
                }
            }
            #expect(cut == run(history).track, "seed \(seed)")
        }
    }

    /// P3 of the edition before said that a higher rung never lowers a later score.
    ///
    /// It no longer does: a query that has a mark is remembered, and what follows it is bet by what followed one in benign traffic.
    /// What is left of P3 is said of each query by itself.
    @Test func `P3: a higher rung never lowers what its own query adds; a calm one never adds`() {
        var lowersLater = false
        forHistories { history, random in
            let track = run(history).track
            let next = Tick((history.last?.tick ?? 0) + 1)
            func after(_ rung: Int) -> Track {
                var next = track
                let steps = [[StepCode(rung: rung)], [StepCode.unscored]]
                let tick = (history.last?.tick ?? 0) + 1
                next.step(histogram(steps: steps, calibration, at: tick), calibration, configuration)
                return next
            }
            let tracks = (0...6).map(after)
            func lanes(_ track: Track) -> [Int64] {
                let stream = track.streams.first { $0.detector.name == detectors[0] }
                return stream?.lanes ?? Array(repeating: 0, count: 8)
            }
            for (lower, higher) in zip(tracks, tracks.dropFirst()) {
                #expect(zip(lanes(lower), lanes(higher)).allSatisfy { $0 <= $1 }, "seed \(seed)")
                let scores = [lower, higher].map { $0.score(at: next, configuration) }
                #expect(scores[0] <= scores[1], "seed \(seed)")
            }
            #expect(tracks[0].score(at: next, configuration) <= track.score(at: next, configuration))
            var worse = history
            let place = random.integer(0...history[0].codes[0].count - 1)
            worse[0].codes[0][place] = StepCode(rung: 6)
            if zip(run(worse).scores, run(history).scores).contains(where: { $0 < $1 }) { lowersLater = true }
        }
        #expect(lowersLater, "seed \(seed)")
    }

    @Test func `P4: without queries a score does not rise, on any tick, and reaches zero`() {
        forHistories { history, _ in
            let track = run(history).track
            let last = history.last?.tick ?? 0
            var before = track.score(at: Tick(last), configuration)
            for dt in (1...40).map({ Int64($0) }) + [63, 64, 127, 128, 1023, 1024, 8191, 8192, 16_384] {
                let after = track.score(at: Tick(last + dt), configuration)
                #expect(after <= before, "seed \(seed)")
                before = after
            }
            #expect(track.score(at: Tick(last + 60_000), configuration) == 0)
            #expect(track.lanes(at: Tick(last + 400_000), configuration) == [0, 0, 0, 0])
        }
    }

    @Test func `P5: reading changes nothing, and what no detector scored says nothing`() {
        forHistories { history, _ in
            var (plain, read) = (Track(), Track())
            for (tick, codes) in history {
                let seen = histogram(steps: codes, calibration, at: tick)
                plain.feed(seen, calibration, configuration)
                read.feed(seen, calibration, configuration)
                _ = read.explain(at: Tick(tick + 9), configuration)
                let silent = detectors.map { _ in [StepCode.unscored, .unscored] }
                read.step(histogram(steps: silent, calibration, at: tick), calibration, configuration)
            }
            #expect(read == plain, "seed \(seed)")
        }
    }

    @Test func `P8, P9: parts sum to the score at every criticality, which never lowers it`() {
        forHistories { history, random in
            let track = run(history).track
            let tick = Tick((history.last?.tick ?? 0) + Int64(random.integer(0...900)))
            var before: Int64 = 0
            for criticality: Int64 in [500, 1000, 1500, 2000] {
                let score = track.score(at: tick, criticality: criticality, configuration)
                let parts = track.explain(at: tick, criticality: criticality, configuration)
                #expect(parts.reduce(0) { $0 + $1.milliPoints } == score, "seed \(seed)")
                #expect(score >= before, "seed \(seed)")
                before = score
            }
            for stream in track.streams {
                for lane in stream.lanes.indices {
                    #expect(stream.ledger(lane).total == stream.lanes[lane], "seed \(seed)")
                    #expect(stream.gains[lane] >= 0 && stream.losses[lane] <= 0, "seed \(seed)")
                }
            }
        }
    }

    @Test func `the lane of what one benign query in thirty is like never says more than low`() throws {
        // As if nothing paid for dependence: every query of mark 2 brings two bits and more.
        let row = [1, 3, 5, 7, 9, 11].map { Int64(1) << (32 + $0) }
        let table = BetTable(
            rungs: [1, 2, 3, 4, 5, 6],
            inverses: Array(repeating: row, count: 4),
            pairs: 0,
            worth: 0
        )
        let calibration = try Calibration(
            model: ModelID("m"),
            detectorConfiguration: "",
            delta: 0.01,
            detectors: [bettingDetector("opinion.a", table: (0...6).map { Int64($0) << 33 }, table)]
        )
        var track = Track()
        for tick in (0 as Int64)..<20 {
            let seen = histogram(steps: [[StepCode(rung: 2)]], calibration, at: tick)
            track.feed(seen, calibration, configuration)
        }
        #expect(track.price == 3 * Evidence.bit)
        #expect(track.streams[0].lanes[0] == 13 * Evidence.bit)
        #expect(track.streams[0].lanes[1...4].allSatisfy { $0 == 0 })
        #expect(track.evidence(at: Tick(19), configuration) == 10 * Evidence.bit && track.level == .low)
        // A rarer mark is not held back.
        for tick in (20 as Int64)..<30 {
            let seen = histogram(steps: [[StepCode(rung: 3)]], calibration, at: tick)
            track.feed(seen, calibration, configuration)
        }
        #expect(track.level >= .high)
    }

    @Test func `an opinion of a known scene bets nothing while a mark of its own is remembered`() {
        func lanes(_ rungs: [(rung: Int, isKnown: Bool)]) -> DetectorStream? {
            let codes = rungs.map { StepCode(rung: $0.rung, isSceneKnown: $0.isKnown) }
            let steps = [codes, codes.map { _ in StepCode.unscored }]
            var track = Track()
            track.step(histogram(steps: steps, calibration, at: 0), calibration, configuration)
            return track.streams.first
        }
        let (once, again) = (lanes([(6, false)]), lanes([(6, false), (6, true)]))
        #expect(once == again)
        // Of a known scene that nothing was said of lately it bets as of any.
        #expect(lanes([(6, true)]) == once)
        #expect(lanes([(6, false), (6, false)])?.lanes != once?.lanes)
        // It remembers, though: eight calm ones of a known scene later the mark is forgotten.
        let calm = Array(repeating: (rung: 0, isKnown: true), count: 8)
        #expect(lanes([(6, false)] + calm)?.memory == 0)
        #expect(lanes([(6, false)] + calm.dropLast())?.memory == 0x888888)
        #expect(lanes([(6, false)] + calm)?.lanes == once?.lanes)
    }
}
