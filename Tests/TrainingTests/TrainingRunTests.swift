import Testing

@testable import Training

@Suite struct TrainingRunTests {
    private static let recipe = Recipe.encoder(
        .init(width: 12, code: 6, hidden: 8, classes: 3, tunesEncoder: true)
    )

    @Test func `the same seed gives the same bits, another seed others`() throws {
        let first = try trained(try run())
        #expect(try trained(try run()) == first)
        #expect(try trained(try run(seed: 2)) != first)
    }

    @Test func `an interrupted and resumed training ends at the same bits`() throws {
        let whole = try trained(try run())
        // Once in either network.
        for epochs in [2, 7] {
            let cut = try run()
            for _ in 0..<epochs { _ = cut.runEpoch(isStopped: { false }, progress: { _ in }) }
            var steps = 0
            let interrupted = cut.runEpoch(
                isStopped: {
                    steps += 1
                    return steps > 1
                },
                progress: { _ in }
            )
            #expect(interrupted == nil)
            let resumed = try run()
            try resumed.restore(cut.checkpoint(fingerprint: "same"), fingerprint: "same")
            #expect(resumed.phase == cut.phase && resumed.epoch == cut.epoch)
            #expect(try trained(resumed) == whole)
        }
    }

    @Test func `checkpoints of other trainings and damaged ones are refused`() throws {
        let run = try run()
        _ = run.runEpoch(isStopped: { false }, progress: { _ in })
        var bytes = run.checkpoint(fingerprint: "one")
        #expect(
            throws: TrainingError.wrongCheckpoint(
                reason: "it is of a training with other records or settings"
            )
        ) {
            try run.restore(bytes, fingerprint: "other")
        }
        bytes[bytes.count / 2] ^= 1
        #expect(throws: TrainingError.wrongCheckpoint(reason: "it is damaged; remove it and start again")) {
            try run.restore(bytes, fingerprint: "one")
        }
        #expect(throws: TrainingError.wrongCheckpoint(reason: "it is no checkpoint of riskd")) {
            try run.restore([1, 2, 3], fingerprint: "one")
        }
    }

    @Test func `classes that can be told apart are learned, and folding the scales in changes nothing`()
        throws
    {
        let run = try run(epochs: 40)
        while !run.isFinished { _ = run.runEpoch(isStopped: { false }, progress: { _ in }) }
        let result = try #require(run.result)
        let examples = Self.examples()
        let outputs = result.network.outputs(of: examples.inputs, parameters: result.parameters)
        let hits = examples.validation.count { index in
            let logits = outputs[index * 3..<index * 3 + 3]
            return logits.firstIndex(of: logits.max() ?? 0) == index * 3 + examples.labels[index]
        }
        #expect(examples.validation.count >= 40)
        #expect(Double(hits) > 0.95 * Double(examples.validation.count))
    }

    @Test func `folded scales agree with standardising by hand`() throws {
        var examples = Self.examples()
        let raw = examples.inputs
        let scale = examples.standardize()
        let network = Network([
            .dense(inputs: 12, outputs: 5), .rectifier(count: 5), .dense(inputs: 5, outputs: 12),
        ])
        var random = SeededRandom(seed: 1)
        let parameters = network.initialParameters(&random)
        var folded = parameters
        scale.foldIntoInput(&folded, of: network)
        scale.foldIntoOutput(&folded, of: network)
        let wanted = network.outputs(of: examples.inputs, parameters: parameters).enumerated().map {
            $1 * scale.scales[$0 % 12] + scale.means[$0 % 12]
        }
        let found = network.outputs(of: raw, parameters: folded)
        #expect(zip(wanted, found).allSatisfy { abs($0 - $1) < 1e-3 * max(1, abs($0)) })
    }

    @Test func `a budget for clean disagreement is kept to`() throws {
        var settings = TrainingSettings()
        settings.epochs = 30
        settings.batch = 50
        settings.learningRate = 0.005
        func tally(_ budget: Double?) throws -> Tally {
            settings.cleanDisagreement = budget
            let examples = Self.contested()
            let run = try TrainingRun(
                Self.recipe,
                examples: examples,
                augmentation: .init(),
                settings: settings
            )
            while !run.isFinished { _ = run.runEpoch(isStopped: { false }, progress: { _ in }) }
            let result = try #require(run.result)
            let outputs = result.network.outputs(of: examples.inputs, parameters: result.parameters)
            var tally = Tally()
            for index in examples.validation {
                let logits = outputs[index * 3..<index * 3 + 3]
                let answer = logits.firstIndex(of: logits.max() ?? 0) ?? 0
                tally.count(answer - index * 3, for: index, of: examples)
            }
            return tally
        }
        let (free, bound) = (try tally(nil), try tally(0.05))
        // Without one, clean examples are given up for the attacks that look like them.
        #expect(free.cleanDisagreement > 0.1, "\(free)")
        #expect(bound.cleanDisagreement <= 0.05, "\(bound)")
        #expect(bound.recovery > 0)
    }

    @Test func `too few records are refused`() {
        var examples = Examples(width: 12)
        examples.append(.init(input: .init(repeating: 0, count: 12), label: 0))
        let few = examples
        #expect(throws: TrainingError.self) {
            try TrainingRun(Self.recipe, examples: few, augmentation: .init(), settings: .init())
        }
    }

    private func trained(_ run: TrainingRun) throws -> [UInt32] {
        while !run.isFinished { _ = run.runEpoch(isStopped: { false }, progress: { _ in }) }
        return try #require(run.result).parameters.map(\.bitPattern)
    }

    private func run(seed: UInt64 = 1, epochs: Int = 5) throws -> TrainingRun {
        var settings = TrainingSettings()
        settings.seed = seed
        settings.epochs = epochs
        settings.batch = 50
        settings.learningRate = 0.005
        var augmentation = Augmentation()
        augmentation.noise = 0.1
        augmentation.displacedShare = 0.5
        return try TrainingRun(
            Self.recipe,
            examples: Self.examples(),
            augmentation: augmentation,
            settings: settings
        )
    }

    /// Three clouds on other scales than 1, and a few that were moved towards the next cloud.
    private static func examples() -> Examples {
        var random = SeededRandom(seed: 5)
        var examples = Examples(width: 12)
        for index in 0..<300 {
            let label = index % 3
            let input = (0..<12).map { column in
                (random.normal() + (column % 3 == label ? 4 : 0)) * Float(column + 1) + 7
            }
            examples.append(.init(input: input, label: label, isValidation: index % 7 == 0))
            guard index % 30 == 1 else { continue }
            let moved = input.enumerated().map { $1 + ($0 % 3 == (label + 1) % 3 ? 1 : 0) }
            examples.append(
                .init(input: moved, label: label, isClean: false, origin: examples.count - 1, lends: true)
            )
        }
        return examples
    }

    /// The clouds, with many attacks that end among the examples of the next cloud.
    private static func contested() -> Examples {
        var random = SeededRandom(seed: 6)
        var examples = Examples(width: 12)
        func cloud(_ label: Int) -> [Float] { (0..<12).map { random.normal() + ($0 % 3 == label ? 4 : 0) } }
        for index in 0..<300 {
            let label = index % 3
            let isValidation = index % 5 == 0
            examples.append(.init(input: cloud(label), label: label, isValidation: isValidation))
            let next = (label + 1) % 3
            // Half of them lie a little apart, where they can be told.
            let attack = cloud(next).enumerated().map { $1 + ($0 == 11 && index % 2 == 0 ? 6 : 0) }
            examples.append(
                .init(
                    input: attack,
                    label: label,
                    served: next,
                    weight: 3,
                    isClean: false,
                    isValidation: isValidation
                )
            )
        }
        return examples
    }
}
