import Domain

@testable import Scoring

/// Random settings, calibrations and records of three models, one of them uncalibrated.
struct Scenario {
    let configuration: ScoringConfiguration
    let calibrations: [ModelID: Calibration]
    /// Users' own baselines, by artefact.
    let variants: [String: Calibration]
    let inputs: [ScoringInput]
    let end: Timestamp

    // A crowd: many users at once, each alone suspicious, on models that look calm.
    // By the query: riskd-edet-2, with more detectors, own baselines, and many queries in a tick; else riskd-edet-1.
    init(_ generator: inout SeededGenerator, isCrowd: Bool = false, byQuery: Bool = false) throws {
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
        var (calibrations, variants): ([ModelID: Calibration], [String: Calibration]) = ([:], [:])
        for model in models.dropLast() {
            let tables = Dictionary(uniqueKeysWithValues: names.map { ($0, table) })
            calibrations[model] =
                byQuery
                ? try Self.betting(names + ["similarity.user.jitter"], model, table, &generator)
                : try calibration(tables, model: model)
            for number in 0..<(byQuery ? 2 : 0) {
                let own = ["opinion.x", "similarity.user.descent", "similarity.user.jitter"]
                variants["\(model)\(number)"] = try Self.betting(own, model, table, &generator)
            }
        }
        self.calibrations = calibrations
        self.variants = variants
        let heat = generator.chance(0.5) ? 0.8 : 0.2
        var time = 0
        var inputs: [ScoringInput] = []
        let pace = byQuery && generator.chance(0.7) ? 2000 : 15_000
        for _ in 0..<(isCrowd ? 150 : generator.integer(1...(byQuery ? 30 : 8))) {
            time +=
                generator.chance(byQuery ? 0.97 : 0.9)
                ? generator.integer(0...(isCrowd ? 1000 : pace))
                : generator.integer(0...(byQuery && generator.chance(0.08) ? 5_000_000 : 150_000))
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
            let name = models[generator.integer(0...5) % 5 / 2]
            let jitter = DetectorRung(detector: DetectorID("similarity.user.jitter"), rung: rung())
            let own = byQuery && generator.chance(0.3) ? "\(name)\(generator.integer(0...1))" : nil
            inputs.append(
                ScoringInput(
                    model: name,
                    user: UserID("u\(generator.integer(1...(isCrowd ? 12 : 4)))"),
                    time: Timestamp(milliseconds: Int64(time - late)),
                    userRungs: isScored ? [opinion, user] + (byQuery ? [jitter] : []) : [opinion],
                    userCalibration: own.flatMap { variants[$0] == nil ? nil : $0 },
                    modelRungs: isScored ? [opinion, model] : [opinion],
                    campaign: campaign,
                    campaignRungs: campaign == nil ? [] : [fall],
                    isSceneKnown: byQuery && generator.chance(0.3)
                )
            )
        }
        self.inputs = inputs
        end = Timestamp(milliseconds: Int64(time + 100_000))
    }

    func engine(_ state: EngineState = EngineState()) -> ScoringEngine {
        ScoringEngine(
            configuration: configuration,
            calibrations: calibrations,
            variants: variants,
            state: state
        )
    }

    func feed(_ input: ScoringInput, to engine: inout ScoringEngine) -> ScoringOutput {
        let (tick, _, output) = engine.place(input.time)
        // The first query of a user in a tick decides by which artefact all of them are counted.
        let decided = engine.userCalibration(input.user, of: input.model, at: tick)
        engine.add(input.counted(by: decided ?? input.userCalibration), at: tick)
        return output
    }

    /// A calibration that bets by the query, with a table of its own for each detector.
    private static func betting(
        _ names: [String],
        _ model: ModelID,
        _ table: [Int64],
        _ generator: inout SeededGenerator
    ) throws -> Calibration {
        try Calibration(
            model: model,
            detectorConfiguration: "",
            delta: 0.01,
            detectors: names.map { name in
                let rungs = (0..<6).map { _ in generator.integer(1...3) }.sorted()
                var inverses: [[Int64]] = []
                var falling = rungs.map { Int64(1) << Int64(32 + 3 * $0) }
                for _ in BetTable.Past.allCases {
                    inverses.append(falling)
                    let lent = generator.chance(0.1)
                    let divisor = Int64(generator.integer(1...8))
                    falling = falling.enumerated().map { $1 / (divisor + (lent ? Int64($0) : 0)) }
                }
                return bettingDetector(
                    name,
                    table: table,
                    BetTable(rungs: rungs, inverses: inverses, pairs: 0, worth: 0)
                )
            }
        )
    }

    /// What the engine is to count, by the words of the rules: where a query goes, and in which order queries count.
    func histograms() -> [TickHistogram] {
        struct Query {
            let input: ScoringInput
            let arrival: Int
        }
        var newest: Timestamp?
        var places: [Tick: [Query]] = [:]
        for (arrival, input) in inputs.enumerated() {
            newest = newest.map { max($0, input.time) } ?? input.time
            let open = configuration.tick(of: (newest ?? input.time) - configuration.lateness)
            let tick = max(open, configuration.tick(of: input.time))
            places[tick, default: []].append(Query(input: input, arrival: arrival))
        }
        return places.sorted { $0.key < $1.key }.flatMap { tick, queries in
            var byEntity: [Entity: [Query]] = [:]
            for query in queries {
                let model = query.input.model
                byEntity[.user(query.input.user, model: model), default: []].append(query)
                byEntity[.model(model), default: []].append(query)
                if let id = query.input.campaign {
                    byEntity[.campaign(id, model: model), default: []].append(query)
                }
            }
            return byEntity.sorted { $0.key < $1.key }.map { entity, arrived in
                let artefact = entity.kind == "user" ? arrived.first?.input.userCalibration : nil
                let calibration =
                    artefact.flatMap { variants[$0] } ?? entity.model.flatMap { calibrations[$0] }
                let detectors = entity.scope.map { calibration?.detectors(feeding: $0) ?? [] } ?? []
                let inOrder = arrived.sorted {
                    ($0.input.time, $0.arrival) < ($1.input.time, $1.arrival)
                }
                let steps = detectors.map { detector in
                    inOrder.map { $0.input.code(of: detector.detector, to: entity) }
                }
                let counts = zip(detectors, steps).map { detector, codes in
                    DetectorCounts(
                        detector: detector.detector,
                        byRung: (0..<detector.eValues.count).map { rung in codes.count { $0.rung == rung } }
                    )
                }
                return TickHistogram(
                    entity: entity,
                    tick: tick,
                    queries: arrived.count,
                    counts: counts,
                    calibration: artefact,
                    steps: calibration?.betsByQuery == true && entity.isMember ? steps : []
                )
            }
        }
    }
}

extension ScoringInput {
    fileprivate func counted(by artefact: String?) -> ScoringInput {
        ScoringInput(
            model: model,
            user: user,
            time: time,
            userRungs: userRungs,
            userCalibration: artefact,
            modelRungs: modelRungs,
            campaign: campaign,
            campaignRungs: campaignRungs,
            isSceneKnown: isSceneKnown
        )
    }

    fileprivate func code(of detector: DetectorID, to entity: Entity) -> StepCode {
        let rungs: [DetectorRung]
        var isKnown = false
        switch entity {
        case .user: (rungs, isKnown) = (userRungs, isSceneKnown)
        case .campaign: rungs = campaignRungs
        default: rungs = modelRungs
        }
        guard let rung = rungs.first(where: { $0.detector == detector })?.rung else { return .unscored }
        return StepCode(rung: rung, isSceneKnown: isKnown && detector.name.hasPrefix("opinion."))
    }
}
