import Domain
import Testing

@testable import Scoring

/// P7 and P11 of docs/design/evidence.md#properties, and the engine against one that evaluates everything on every tick.
@Suite struct EngineTests {
    private let seed = UInt64.random(in: 0 ... .max)

    private func forHistories(_ count: Int = 1000, _ body: (Scenario, inout SeededGenerator) throws -> Void)
        throws
    {
        var generator = SeededGenerator(seed: seed)
        for number in 0..<count {
            let scenario = try Scenario(
                &generator,
                isCrowd: number % 20 == 0,
                byQuery: number % 80 == 20 || number % 20 != 0 && number % 4 > 0
            )
            try body(scenario, &generator)
        }
    }

    private func live(_ scenario: Scenario) -> ScoringOutput {
        var engine = scenario.engine()
        var output = ScoringOutput()
        for input in scenario.inputs { output.append(scenario.feed(input, to: &engine)) }
        output.append(engine.closeAll())
        output.append(engine.advance(to: scenario.end))
        return output
    }

    @Test func `the engine is one that evaluates everything on every tick`() throws {
        var seen: Set<String> = []
        try forHistories(400) { scenario, _ in
            let output = live(scenario)
            for change in output.levelChanges {
                seen.insert("\(change.entity.kind) \(change.from < change.to ? "up" : "down")")
            }
            for sample in output.samples {
                if sample.entity.kind == "model", sample.score > 0 {
                    seen.insert("derived: \(sample.isDerived)")
                }
                if sample.entity.kind == "model", sample.isDerived,
                    sample.contributions.contains(where: { $0.name.hasPrefix("campaign:") })
                {
                    seen.insert("by campaign")
                }
                if sample.contributions.contains(where: { $0.name == "others" }) { seen.insert("others") }
                if sample.level == nil { seen.insert("uncalibrated") }
            }
            if !output.evicted.isEmpty { seen.insert("evicted") }
            var slow = SlowEngine(scenario)
            let expected = slow.run(output.histograms)
            #expect(output.samples == expected.samples, "seed \(seed)")
            #expect(output.levelChanges == expected.changes, "seed \(seed)")
            for sample in output.samples {
                let sum = sample.contributions.reduce(0) { $0 + $1.milliPoints }
                #expect(sum == sample.score, "seed \(seed)")
            }
        }
        // The random histories reach everything that the two engines could differ in.
        let wanted = ["user", "campaign", "model", "global"].flatMap { ["\($0) up", "\($0) down"] }
        #expect(
            seen
                == Set(
                    wanted + [
                        "derived: true", "derived: false", "by campaign", "others", "uncalibrated", "evicted",
                    ]
                )
        )
    }

    @Test func `queries go where the rules say, late or not, and count in the order of their event time`()
        throws
    {
        var seen: Set<String> = []
        try forHistories { scenario, _ in
            let histograms = live(scenario).histograms
            #expect(histograms == scenario.histograms(), "seed \(seed)")
            for histogram in histograms where histogram.calibration != nil { seen.insert("own baseline") }
            for histogram in histograms where histogram.steps.contains(where: { $0.count > 4 }) {
                seen.insert("many in a tick")
            }
            if zip(scenario.inputs, scenario.inputs.dropFirst()).contains(where: { $0.time > $1.time }) {
                seen.insert("out of order")
            }
        }
        #expect(seen == ["own baseline", "many in a tick", "out of order"])
    }

    @Test func `with resets and pins, and restarts amid a tick, it still is one that evaluates everything`()
        throws
    {
        var seen: Set<String> = []
        try forHistories(200) { scenario, generator in
            var engine = scenario.engine()
            var output = ScoringOutput()
            var actions: [SlowEngine.Action] = []
            for input in scenario.inputs {
                output.append(scenario.feed(input, to: &engine))
                if generator.chance(0.2) { engine = scenario.engine(engine.state) }
                let entities = engine.state.tracks.keys.sorted()
                guard generator.chance(0.3), !entities.isEmpty, let tick = engine.lastClosedTick else {
                    continue
                }
                let action = SlowEngine.Action(
                    tick: tick,
                    what: Intervention.allCases[generator.integer(0...2)],
                    entity: entities[generator.integer(0...entities.count - 1)]
                )
                actions.append(action)
                let done = engine.intervene(action.what, on: action.entity)
                output.append(done)
                seen.insert("\(action.what) of \(action.entity.kind)")
                if done.levelChanges.contains(where: { $0.entity == action.entity }) { seen.insert("fell") }
            }
            output.append(engine.closeAll())
            output.append(engine.advance(to: scenario.end))
            var slow = SlowEngine(scenario)
            let expected = slow.run(output.histograms, actions)
            #expect(output.samples == expected.samples, "seed \(seed)")
            #expect(output.levelChanges == expected.changes, "seed \(seed)")
        }
        let kinds = ["user", "campaign", "model", "global"]
        let wanted = kinds.flatMap { kind in Intervention.allCases.map { "\($0) of \(kind)" } }
        #expect(seen.isSuperset(of: wanted + ["fell"]), "\(seen.sorted())")
    }

    @Test func `P7: recomputing from stored histograms gives the live samples`() throws {
        try forHistories { scenario, _ in
            let output = live(scenario)
            var engine = scenario.engine()
            var again = ScoringOutput()
            for tick in Set(output.histograms.map(\.tick)).sorted() {
                let stored = output.histograms.filter { $0.tick == tick }.reversed()
                again.append(try engine.close(tick: tick, histograms: Array(stored)))
            }
            again.append(engine.advance(to: scenario.end))
            #expect(again.histograms == output.histograms, "seed \(seed)")
            #expect(again.samples == output.samples, "seed \(seed)")
            #expect(again.levelChanges == output.levelChanges, "seed \(seed)")
            #expect(again.variants == output.variants, "seed \(seed)")
            // When idle tracks are looked through depends on who closes the ticks: only what has faded may be left of one
            // and not of the other.
            let touched = output.changed.union(output.evicted)
            #expect(again.changed.union(again.evicted) == touched, "seed \(seed)")
            for entity in again.changed.symmetricDifference(output.changed) {
                let left = engine.state(of: entity)
                let last = try #require(engine.lastClosedTick)
                #expect(left?.hasVanished(by: last, scenario.configuration) ?? true, "seed \(seed)")
            }
        }
    }

    @Test func `P7, P11: a crash at any point, with only changed tracks stored, changes nothing`() throws {
        try forHistories { scenario, generator in
            var engine = scenario.engine()
            var stored: [Entity: Track] = [:]
            var output = ScoringOutput()
            func store(_ step: ScoringOutput, _ engine: ScoringEngine) {
                for entity in step.evicted { stored[entity] = nil }
                for entity in step.changed { stored[entity] = engine.state(of: entity) }
                output.append(step)
            }
            for input in scenario.inputs {
                store(scenario.feed(input, to: &engine), engine)
                if generator.chance(0.2) {
                    var state = engine.state
                    state.tracks = stored
                    engine = scenario.engine(state)
                }
                if generator.chance(0.1) {
                    _ = engine.levels(at: Tick((engine.lastClosedTick?.index ?? 0) + 40))
                }
            }
            store(engine.closeAll(), engine)
            store(engine.advance(to: scenario.end), engine)
            let expected = live(scenario)
            #expect(output.samples == expected.samples, "seed \(seed)")
            #expect(output.levelChanges == expected.levelChanges, "seed \(seed)")
        }
    }

    @Test func `late records count in the first open tick`() throws {
        var engine = ScoringEngine(configuration: try ScoringConfiguration(), calibrations: [:])
        let first = engine.place(Timestamp(milliseconds: 100_000))
        #expect(first.tick == Tick(10) && !first.isLate)
        let late = engine.place(Timestamp(milliseconds: 69_999))
        #expect(late.tick == Tick(7) && late.isLate)
        let inTime = engine.place(Timestamp(milliseconds: 70_000))
        #expect(inTime.tick == Tick(7) && !inTime.isLate)
        #expect(engine.watermark == Timestamp(milliseconds: 70_000) && engine.lastClosedTick == Tick(6))
    }

    @Test func `an uncalibrated model has samples without a level`() throws {
        var engine = ScoringEngine(configuration: try ScoringConfiguration(), calibrations: [:])
        let time = Timestamp(milliseconds: 0)
        let tick = engine.place(time).tick
        let (user, model) = (UserID("u"), ModelID("m"))
        let input = ScoringInput(model: model, user: user, time: time, userRungs: [], modelRungs: [])
        engine.add(input, at: tick)
        let output = engine.closeAll()
        #expect(output.samples.map(\.entity) == [.user(user, model: model), .model(model), .global])
        #expect(
            output.samples.allSatisfy {
                $0.level == nil && $0.score == 0 && $0.lanes.isEmpty && $0.queries == 1
            }
        )
        #expect(output.histograms.map(\.counts) == [[], []] && output.changed.isEmpty)
    }

    @Test func `stored histograms of another calibration or of a closed tick are refused`() throws {
        let model = ModelID("m")
        let calibration = try calibration(["opinion.a": [0, 1 << 33]], model: model)
        var engine = ScoringEngine(
            configuration: try ScoringConfiguration(),
            calibrations: [model: calibration]
        )
        let good = histogram([[1]], calibration, at: 4, of: .model(model))
        let bad = TickHistogram(
            entity: good.entity,
            tick: good.tick,
            queries: 1,
            counts: [DetectorCounts(detector: DetectorID("opinion.a"), byRung: [0, 0, 1])]
        )
        #expect(throws: ScoringError.mismatchedHistogram(good.entity, Tick(4))) {
            try engine.close(tick: Tick(4), histograms: [bad])
        }
        #expect(throws: ScoringError.mismatchedHistogram(good.entity, Tick(5))) {
            try engine.close(tick: Tick(5), histograms: [good])
        }
        _ = try engine.close(tick: Tick(4), histograms: [good])
        #expect(throws: ScoringError.tickAlreadyClosed(Tick(4))) {
            try engine.close(tick: Tick(4), histograms: [good])
        }
    }

    @Test func `a gap of a hundred million ticks costs nothing, and what faded is forgotten`() throws {
        var generator = SeededGenerator(seed: seed)
        let scenario = try Scenario(&generator)
        var engine = scenario.engine()
        for input in scenario.inputs { _ = scenario.feed(input, to: &engine) }
        _ = engine.closeAll()
        let output = engine.advance(to: Timestamp(milliseconds: 1_000_000_000_000))
        #expect(engine.state.tracks.isEmpty, "seed \(seed)")
        #expect(engine.lastClosedTick == Tick(99_999_999))
        #expect(output.samples.allSatisfy { $0.queries == 0 })
    }

    @Test(arguments: [359, 360, 361])
    func `what faded is forgotten after a busy tick too`(busy: Int) throws {
        let model = ModelID("a")
        let tables = ["opinion.x": [Int64(0), 7_845_676_746]]
        func engine(_ state: EngineState = EngineState()) throws -> ScoringEngine {
            ScoringEngine(
                configuration: try ScoringConfiguration(halfLives: Array(repeating: .seconds(10), count: 4)),
                calibrations: [model: try calibration(tables, model: model)],
                state: state
            )
        }
        func input(_ user: String, tick: Int, rung: Int) -> ScoringInput {
            let rungs = [DetectorRung(detector: DetectorID("opinion.x"), rung: rung)]
            let time = Timestamp(milliseconds: Int64(tick) * 10_000)
            let id = UserID(user)
            return ScoringInput(model: model, user: id, time: time, userRungs: rungs, modelRungs: rungs)
        }
        // Stored tracks are looked through only by the sweep: after a restart nothing awaits their end.
        var first = try engine()
        for input in [input("faded", tick: 0, rung: 1), input("other", tick: 1, rung: 0)] {
            let (tick, _, _) = first.place(input.time)
            first.add(input, at: tick)
        }
        _ = first.closeAll()
        #expect(first.state.tracks.keys.contains { $0.user == UserID("faded") })
        var engine = try engine(first.state)
        for input in [input("busy", tick: busy, rung: 0), input("busy", tick: busy + 1, rung: 0)] {
            let (tick, _, _) = engine.place(input.time)
            engine.add(input, at: tick)
        }
        _ = engine.advance(to: Timestamp(milliseconds: Int64(busy + 1) * 10_000))
        let isSwept = busy >= 360
        #expect(engine.state.tracks.keys.contains { $0.user == UserID("faded") } == !isSwept)
    }

    @Test func `settings come back from their bytes, tables and all`() throws {
        let settings = try ScoringConfiguration(criticality: [ModelID("b\"\u{e9}"): 1500, ModelID("a"): 500])
        let bytes = settings.artefact()
        #expect(try ScoringConfiguration(artefact: bytes) == settings)
        let text = String(decoding: bytes, as: UTF8.self)
        for (old, new) in [
            ("12", "13 "), ("\"hold_ticks\":12", "\"hold_ticks\":0"), ("riskd-edet-1", "x"), (",0]", "]"),
        ] {
            let altered = Array(text.replacing(old, with: new).utf8)
            #expect(throws: ScoringError.self) { try ScoringConfiguration(artefact: altered) }
        }
        // A stored table is used as it is, even where this machine would compute another.
        let other = text.replacing("[1061408847,", with: "[1061408846,")
        let read = try ScoringConfiguration(artefact: Array(other.utf8))
        #expect(read.decayTables[0].factors[0] == 1_061_408_846)
        #expect(throws: ScoringError.self) { try ScoringConfiguration(halfLives: [.seconds(1)]) }
        #expect(throws: ScoringError.self) { try ScoringConfiguration(criticality: [ModelID("a"): 700]) }
    }
}
