import Domain
import Testing

@testable import Scoring

@Suite struct GoldenTests {
    private let golden: Golden
    private let configuration: ScoringConfiguration

    init() throws {
        golden = try Golden.all.get()
        configuration = try ScoringConfiguration()
    }

    @Test func `integer functions give what the reference gives`() throws {
        for pair in golden.ilog2 {
            #expect(ilog2(try #require(UInt64(pair[0].text))) == Int64(pair[1].text))
        }
        #expect(configuration.decayTables.map(\.factors) == golden.decay)
        for vector in golden.decayed {
            #expect(configuration.decayTables[Int(vector[0])].decay(vector[1], over: vector[2]) == vector[3])
        }
        for vector in golden.scores {
            #expect(configuration.scoreMilli(vector[0], criticality: vector[1]) == vector[2])
            #expect(configuration.oddsPPM(vector[0], criticality: vector[1]) == vector[3])
        }
        for vector in golden.rollups {
            let odds = configuration.rollUpPPM(vector.odds, criticality: vector.criticality)
            #expect(odds == vector.rollUp)
            #expect(configuration.oddsToMilli(odds) == vector.score)
        }
    }

    @Test func `the roll-up of an engine is the reference's`() {
        for vector in golden.rollups {
            var rollUp = RollUp(configuration, criticality: vector.criticality)
            for (index, odds) in vector.odds.enumerated() {
                rollUp.add(.user(UserID("\(index)"), model: ModelID("m")), odds: odds, score: 0)
            }
            #expect(rollUp.odds == vector.rollUp)
            #expect(rollUp.explain(rollUp.score).reduce(0) { $0 + $1.milliPoints } == rollUp.score)
        }
    }

    @Test func `tracks give what the reference gives, bit for bit`() throws {
        for history in golden.histories + [golden.worked, golden.workedPlain] { try check(history) }
    }

    /// The table of docs/design/evidence.md#the-mean-of-a-tick.
    @Test func `the worked example is the one in the design`() {
        let scores = golden.workedPlain.steps.map(\.score)
        #expect(scores == [5827, 27_234, 21_711, 46_412, 63_571, 75_243, 82_861])
        #expect(golden.worked.steps.last?.explain.score == 87_881)
    }

    private func check(_ history: Golden.History) throws {
        let calibration = try calibration(history.tables)
        var track = Track()
        for step in history.steps {
            let level = track.feed(
                histogram(step.queries, calibration, at: step.tick),
                calibration,
                criticality: history.criticality,
                configuration
            )
            #expect(track.lanes == step.lanes)
            #expect(level.description == step.level)
            #expect(track.below == step.below)
            #expect(track.ledgers.map { $0.entries.map { Golden.Part($0.name, $0.units) } } == step.ledgers)
            check(track, step.tick, history.criticality, step.score, step.explain)
        }
        for idle in history.idle {
            let level = track.advance(to: Tick(idle.tick), criticality: history.criticality, configuration)
            #expect(level.description == idle.level)
            #expect(track.lanes(at: Tick(idle.tick), configuration) == idle.lanes)
            check(track, idle.tick, history.criticality, idle.score, idle.explain)
        }
    }

    private func check(
        _ track: Track,
        _ tick: Int64,
        _ criticality: Int64,
        _ score: Int64,
        _ explanation: Golden.Explanation
    ) {
        #expect(track.score(at: Tick(tick), criticality: criticality, configuration) == score)
        #expect(explanation.score == score)
        #expect(track.lane(at: Tick(tick), configuration).description == explanation.lane)
        let parts = track.explain(at: Tick(tick), criticality: criticality, configuration)
        #expect(parts.map { Golden.Part($0.name, $0.milliPoints) } == explanation.parts)
    }
}
