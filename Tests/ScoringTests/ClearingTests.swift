import Domain
import Testing

@testable import Scoring

/// "Falls below LEVEL after N ticks": the number is what waiting shows.
@Suite struct ClearingTests {
    private let seed = UInt64.random(in: 0 ... .max)

    @Test func `a level falls when it was said to fall`() throws {
        var generator = SeededGenerator(seed: seed)
        var seen: [String: Int] = [:]
        for number in 0..<400 {
            let scenario = try Scenario(&generator, byQuery: number % 2 == 0)
            var engine = scenario.engine()
            for input in scenario.inputs { _ = scenario.feed(input, to: &engine) }
            _ = engine.closeAll()
            guard let last = engine.lastClosedTick else { continue }
            let limit: Int64 = 600
            for (entity, track) in engine.elevatedTracks.prefix(6) {
                let clearings = engine.clearings(of: entity, within: limit)
                // From the present level down to low, each once.
                #expect(clearings.map(\.below.rawValue) == Array((1...track.level.rawValue).reversed()))
                // Waiting, tick by tick.
                var waited = engine
                var falls: [Level: Int64] = [:]
                for ticks in 1...limit {
                    waited = waited.settled(through: Tick(last.index + ticks))
                    let level = waited.level(of: entity, at: Tick(last.index + ticks)).level ?? .info
                    for below in Level.allCases where below > .info && level < below && falls[below] == nil {
                        falls[below] = ticks
                    }
                    if level == .info { break }
                }
                for clearing in clearings {
                    #expect(
                        clearing.ticks == falls[clearing.below],
                        "\(entity) below \(clearing.below), seed \(seed)"
                    )
                    seen[entity.kind, default: 0] += clearing.ticks == nil ? 0 : 1
                }
            }
        }
        #expect(seen["user", default: 0] > 20, "\(seen)")
        #expect(seen["model", default: 0] > 20, "\(seen)")
        #expect(seen["global", default: 0] > 20, "\(seen)")
    }

    @Test func `what is at info has nothing to clear`() throws {
        var generator = SeededGenerator(seed: 1)
        let engine = try Scenario(&generator, isCrowd: false).engine()
        #expect(engine.clearings(of: .global, within: 100) == [])
    }
}
