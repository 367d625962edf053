import Domain
import Testing

@testable import Scoring

/// What people do to tracks (docs/design/evidence.md#what-people-do).
@Suite struct InterventionTests {
    private let alice = Entity.user(UserID("u1"), model: ModelID("a"))

    /// An engine in which a user, and with it the model and the service, stand at high or above.
    private func raised() throws -> ScoringEngine {
        let table: [Int64] = [0, 7_845_676_746, 96_344_400_291, 648_382_265_217]
        let model = ModelID("a")
        var engine = ScoringEngine(
            configuration: try ScoringConfiguration(),
            calibrations: [model: try calibration(["similarity.user.descent": table], model: model)]
        )
        for second in 0..<20 {
            let input = ScoringInput(
                model: model,
                user: UserID("u1"),
                time: Timestamp(milliseconds: Int64(second) * 10_000),
                userRungs: [DetectorRung(detector: DetectorID("similarity.user.descent"), rung: 3)],
                modelRungs: []
            )
            let (tick, _, _) = engine.place(input.time)
            engine.add(input, at: tick)
        }
        _ = engine.closeAll()
        return engine
    }

    private func tick(_ engine: ScoringEngine, after ticks: Int64) -> Tick {
        Tick((engine.lastClosedTick?.index ?? 0) + ticks)
    }

    @Test func `a reset leaves nothing of a user, in one sample, and its model follows`() throws {
        var engine = try raised()
        let before = engine.level(of: alice, at: tick(engine, after: 0))
        #expect(before.level == .critical)
        let id = engine.nextSampleID
        let output = engine.intervene(.reset, on: alice)
        let sample = try #require(output.samples.first)
        #expect(output.samples.count == 1 && sample.id == id && sample.entity == alice)
        #expect(sample.score == 0 && sample.level == .info && sample.lanes == [0, 0, 0, 0])
        #expect(sample.queries == 0 && sample.tick == engine.lastClosedTick)
        #expect(output.levelChanges.map(\.from) == [.critical] && output.levelChanges.map(\.to) == [.info])
        #expect(output.evicted == [alice] && output.changed.isEmpty)
        #expect(engine.state(of: alice) == nil)
        // The roll-ups step down as their score says, one level every `hold` ticks.
        #expect(engine.level(of: .model(ModelID("a")), at: tick(engine, after: 0)).level == .critical)
        let later = engine.level(of: .global, at: tick(engine, after: 48))
        #expect(later.level == .info && later.score == 0)
        #expect(engine.intervene(.reset, on: alice) == ScoringOutput(), "of nothing nothing is left")
    }

    @Test func `a roll-up that was reset stands where its members put it`() throws {
        var engine = try raised()
        let output = engine.intervene(.reset, on: .model(ModelID("a")))
        #expect(output.samples.count == 1 && output.levelChanges.isEmpty)
        #expect(output.samples.first?.level == .critical && output.samples.first?.isDerived == true)
        _ = engine.intervene(.reset, on: alice)
        let after = engine.intervene(.reset, on: .model(ModelID("a")))
        #expect(after.samples.first?.score == 0 && after.levelChanges.map(\.to) == [.info])
        #expect(engine.intervene(.reset, on: .global).levelChanges.map(\.to) == [.info])
    }

    @Test func `a pin holds the level and nothing else, until it is taken away`() throws {
        var pinned = try raised()
        let plain = pinned
        #expect(pinned.intervene(.pin, on: alice).samples.isEmpty)
        let far = tick(pinned, after: 30_000)
        let (held, fallen) = (pinned.level(of: alice, at: far), plain.level(of: alice, at: far))
        #expect(held.level == .critical && held.pinned == .critical)
        #expect(fallen.level == .info && fallen.pinned == nil)
        #expect(held.score == fallen.score && held.lanes == fallen.lanes, "a pin is no evidence")
        #expect(pinned.level(of: .global, at: far).score == plain.level(of: .global, at: far).score)
        _ = pinned.advance(to: pinned.configuration.end(of: far))
        #expect(pinned.state(of: alice)?.level == .critical)
        _ = pinned.intervene(.unpin, on: alice)
        let output = pinned.advance(to: pinned.configuration.end(of: tick(pinned, after: 48)))
        #expect(output.levelChanges.filter { $0.entity == alice }.map(\.to) == [.high, .medium, .low, .info])
    }

    @Test func `a level that is held for ages is passed over, with what every tick would have left`() throws {
        var jump = try raised()
        _ = jump.intervene(.pin, on: alice)
        var (walk, reload) = (jump, jump)
        let near = tick(jump, after: 16_000)
        let output = jump.advance(to: jump.configuration.end(of: near))
        var walked = ScoringOutput()
        for index in (walk.lastClosedTick?.index ?? 0) + 1...near.index {
            walked.append(walk.advance(to: walk.configuration.end(of: Tick(index))))
        }
        #expect(output == walked && !output.levelChanges.isEmpty)
        #expect(jump.state == walk.state && jump.state(of: alice)?.seen == near)
        // A hundred thousand years, in an engine that goes on and in one that stood still meanwhile.
        let far = tick(jump, after: 300_000_000_000)
        #expect(jump.advance(to: jump.configuration.end(of: far)).levelChanges.isEmpty)
        #expect(jump.state(of: alice)?.level == .critical && jump.state(of: alice)?.seen == far)
        var track = try #require(reload.state(of: alice))
        #expect(track.advance(to: far, reload.configuration) == .critical && track.seen == far)
        _ = reload.advance(to: reload.configuration.end(of: far))
        #expect(reload.state == jump.state)
    }

    /// P7 and P11 with people: the same whether the engine lived on or was put away before and after each action.
    @Test func `interventions come out the same from stored state`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for number in 0..<300 {
            let scenario = try Scenario(&generator, byQuery: number % 2 == 0)
            var straight = scenario.engine()
            var broken = scenario.engine()
            var outputs = (ScoringOutput(), ScoringOutput())
            for input in scenario.inputs {
                outputs.0.append(scenario.feed(input, to: &straight))
                outputs.1.append(scenario.feed(input, to: &broken))
                guard generator.chance(0.4) else { continue }
                let model = ModelID("a")
                let entities: [Entity] = [
                    .user(UserID("u\(generator.integer(1...4))"), model: model), .model(model), .global,
                    .campaign(Int64(generator.integer(1...3)), model: model),
                ]
                let entity = entities[generator.integer(0...3)]
                let what = Intervention.allCases[generator.integer(0...2)]
                outputs.0.append(straight.intervene(what, on: entity))
                broken = scenario.engine(broken.state)
                outputs.1.append(broken.intervene(what, on: entity))
                broken = scenario.engine(broken.state)
            }
            outputs.0.append(straight.closeAll())
            outputs.0.append(straight.advance(to: scenario.end))
            outputs.1.append(broken.closeAll())
            outputs.1.append(broken.advance(to: scenario.end))
            #expect(outputs.0.samples == outputs.1.samples, "seed \(seed)")
            #expect(outputs.0.levelChanges == outputs.1.levelChanges, "seed \(seed)")
            for sample in outputs.0.samples {
                let sum = sample.contributions.reduce(0) { $0 + $1.milliPoints }
                #expect(sum == sample.score, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [
        (Level.low, 500, 2.6e3), (.low, 1000, 2.1e4), (.medium, 1000, 872), (.high, 500, 0.003),
        (.high, 1000, 1.02), (.high, 1500, 13.6), (.high, 2000, 65), (.critical, 1000, 1.5e-6),
    ])
    func `the bounds are those of the table`(level: Level, criticality: Int64, expected: Double) throws {
        let configuration = try ScoringConfiguration()
        let bound = try #require(configuration.falseAlarmBound(entering: level, criticality: criticality))
        #expect(abs(bound / expected - 1) < 0.05, "\(bound)")
        #expect(configuration.falseAlarmBound(entering: .info, criticality: criticality) == nil)
    }
}
