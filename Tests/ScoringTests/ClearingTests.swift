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

    // Short ticks and long memories: thousands of ticks are passed over, and the few near a threshold looked at.
    @Test func `a level that lasts for hours falls when it was said to fall`() throws {
        var generator = SeededGenerator(seed: seed)
        let models = ["a", "b"].map { ModelID($0) }
        let configuration = try ScoringConfiguration(
            tickLength: .seconds(1),
            halfLives: [.seconds(60), .seconds(400), .seconds(900), .seconds(2000)],
            hold: 30,
            criticality: [models[0]: 500]
        )
        var tracks: [Entity: Track] = [:]
        for number in 0..<10 {
            let model = models[number % 2]
            let lanes = (0..<4).map { _ in
                Int64(generator.integer(0...60)) * Evidence.bit + Int64(generator.integer(0...1_000_000))
            }
            let ledgers = lanes.map { lane in
                var ledger = Ledger()
                ledger.add(lane, to: "opinion.x")
                return ledger
            }
            let entity: Entity =
                number < 6
                ? .user(UserID("u\(number)"), model: model) : .campaign(Int64(number), model: model)
            var track = Track(
                lanes: lanes,
                ledgers: ledgers,
                level: .info,
                below: 0,
                tick: Tick(0),
                seen: nil
            )
            track.advance(to: Tick(0), criticality: configuration.criticality(of: model), configuration)
            tracks[entity] = track
        }
        var engine = ScoringEngine(
            configuration: configuration,
            calibrations: [:],
            state: EngineState(watermark: nil, lastClosedTick: Tick(0), nextSampleID: 1, tracks: tracks)
        )
        // The models and the service rise on the first tick.
        engine = engine.settled(through: Tick(1))
        let limit: Int64 = 30_000
        let elevated = engine.elevatedTracks.map(\.0)
        var waited = engine
        var falls: [Entity: [Level: Int64]] = [:]
        for ticks in 1...limit where !waited.elevatedTracks.isEmpty {
            waited = waited.settled(through: Tick(1 + ticks))
            let levels = Dictionary(uniqueKeysWithValues: waited.elevatedTracks.map { ($0.0, $0.1.level) })
            for entity in elevated {
                for below in Level.allCases
                where below > levels[entity] ?? .info && falls[entity]?[below] == nil {
                    falls[entity, default: [:]][below] = ticks
                }
            }
        }
        #expect(waited.elevatedTracks.isEmpty)
        var longest: Int64 = 0
        for entity in elevated {
            let clearings = engine.clearings(of: entity, within: limit)
            #expect(!clearings.isEmpty)
            for clearing in clearings {
                #expect(
                    clearing.ticks == falls[entity]?[clearing.below],
                    "\(entity) below \(clearing.below), seed \(seed)"
                )
                longest = max(longest, clearing.ticks ?? 0)
            }
        }
        #expect(longest > 2000)
    }

    @Test func `what is at info has nothing to clear`() throws {
        var generator = SeededGenerator(seed: 1)
        let engine = try Scenario(&generator, isCrowd: false).engine()
        #expect(engine.clearings(of: .global, within: 100) == [])
    }
}
