import Domain
import Testing

@testable import Scoring

/// Evidence by the query, against the executable reference.
@Suite struct Golden2Tests {
    private let golden: Golden2
    private let configuration: ScoringConfiguration

    init() throws {
        golden = try Golden2.all.get()
        configuration = try ScoringConfiguration()
    }

    @Test func `the decay tables are those of whole-number roots`() {
        #expect(configuration.decayTables.map(\.factors) == golden.decay)
    }

    @Test func `tracks that bet by the query give what the reference gives, integer by integer`() throws {
        for (number, history) in golden.histories.enumerated() {
            let calibrations = try history.calibrations.map { try $0.calibration }
            var track = Track()
            for step in history.steps {
                let calibration = calibrations[step.calibration]
                let codes = step.codes.map { $0.map { StepCode(bits: $0) } }
                track.feed(
                    histogram(steps: codes, calibration, at: step.seen.tick),
                    calibration,
                    criticality: history.criticality,
                    configuration
                )
                let found = Golden2.Seen(
                    track,
                    at: step.seen.tick,
                    criticality: history.criticality,
                    configuration
                )
                #expect(found == step.seen, "history \(number)")
            }
            for idle in history.idle {
                track.advance(to: Tick(idle.tick), criticality: history.criticality, configuration)
                let found = Golden2.Seen(
                    track,
                    at: idle.tick,
                    criticality: history.criticality,
                    configuration
                )
                #expect(found == idle, "history \(number)")
            }
        }
    }

    @Test func `the histories reach what the rule tells apart`() throws {
        var seen: Set<String> = []
        for history in golden.histories {
            seen.formUnion(history.calibrations.map { $0.byQuery ? "by query" : "by tick" })
            for (before, step) in zip(history.steps, history.steps.dropFirst()) {
                seen.insert(step.seen.level)
                if !step.seen.streams.isEmpty, step.seen.means.contains(where: { $0 > 0 }) {
                    seen.insert("both")
                }
                if step.seen.price > before.seen.price { seen.insert("a price that rises") }
                seen.formUnion(step.codes.joined().map { $0 == 0xff ? "unscored" : "scored" })
                let capped = BetLane.ceiling + step.seen.price
                if step.seen.streams.contains(where: { $0.lanes[0] == capped }) { seen.insert("capped") }
                seen.formUnion(step.seen.explain.parts.map(\.name))
                seen.insert(step.seen.explain.lane)
            }
        }
        let wanted = [
            "by query", "by tick", "both", "a price that rises", "unscored", "scored", "capped",
            "multiplicity", "limits", "impact", "unremarkable", "burst", "session", "shift", "campaign",
        ]
        #expect(seen.isSuperset(of: wanted + Level.allCases.map(\.description)), "\(seen.sorted())")
    }
}
