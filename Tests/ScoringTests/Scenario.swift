import Domain

@testable import Scoring

/// Random settings, calibrations and records of three models, one of them uncalibrated.
struct Scenario {
    let configuration: ScoringConfiguration
    let calibrations: [ModelID: Calibration]
    let inputs: [ScoringInput]
    let end: Timestamp

    // A crowd: many users at once, each alone suspicious, on models that look calm.
    init(_ generator: inout SeededGenerator, isCrowd: Bool = false) throws {
        let lives = (0..<4).map { _ in Duration.seconds(10 * (isCrowd ? 60 : generator.integer(1...14))) }
        let models = ["a", "b", "c"].map { ModelID($0) }
        configuration = try ScoringConfiguration(
            halfLives: lives,
            hold: generator.integer(1...5),
            criticality: Dictionary(
                uniqueKeysWithValues: models.map { ($0, [500, 1000, 1500, 2000][generator.integer(0...3)]) }
            )
        )
        let table: [Int64] = [0, 7_845_676_746, 96_344_400_291, 648_382_265_217]
        let names = [
            "opinion.x", "similarity.user.descent", "similarity.model.descent", "similarity.campaign.fall",
        ]
        var calibrations: [ModelID: Calibration] = [:]
        for model in models.dropLast() {
            let tables = Dictionary(uniqueKeysWithValues: names.map { ($0, table) })
            calibrations[model] = try calibration(tables, model: model)
        }
        self.calibrations = calibrations
        let heat = generator.chance(0.5) ? 0.8 : 0.2
        var time = 0
        var inputs: [ScoringInput] = []
        for _ in 0..<(isCrowd ? 150 : generator.integer(1...8)) {
            time +=
                generator.chance(0.9)
                ? generator.integer(0...(isCrowd ? 1000 : 15_000)) : generator.integer(0...150_000)
            let late = generator.chance(0.1) ? generator.integer(0...60_000) : 0
            func rung() -> Int { isCrowd ? 0 : generator.chance(heat) ? generator.integer(1...3) : 0 }
            let opinion = DetectorRung(detector: DetectorID("opinion.x"), rung: rung())
            let isScored = generator.chance(0.8)
            let user = DetectorRung(
                detector: DetectorID("similarity.user.descent"),
                rung: isCrowd ? 3 : rung()
            )
            let model = DetectorRung(detector: DetectorID("similarity.model.descent"), rung: rung() / 2)
            let fall = DetectorRung(detector: DetectorID("similarity.campaign.fall"), rung: rung())
            let campaign = generator.chance(0.6) ? Int64(generator.integer(1...3)) : nil
            inputs.append(
                ScoringInput(
                    model: models[generator.integer(0...5) % 5 / 2],
                    user: UserID("u\(generator.integer(1...(isCrowd ? 12 : 4)))"),
                    time: Timestamp(milliseconds: Int64(time - late)),
                    userRungs: isScored ? [opinion, user] : [opinion],
                    modelRungs: isScored ? [opinion, model] : [opinion],
                    campaign: campaign,
                    campaignRungs: campaign == nil ? [] : [fall]
                )
            )
        }
        self.inputs = inputs
        end = Timestamp(milliseconds: Int64(time + 100_000))
    }

    func engine(_ state: EngineState = EngineState()) -> ScoringEngine {
        ScoringEngine(configuration: configuration, calibrations: calibrations, state: state)
    }

    func feed(_ input: ScoringInput, to engine: inout ScoringEngine) -> ScoringOutput {
        let (tick, _, output) = engine.place(input.time)
        engine.add(input, at: tick)
        return output
    }
}
