import Foundation
import Training

/// Times the training of an encoder and the asking of a head.
struct TrainingBench {
    /// How one network's training went.
    struct Phase {
        let name: String
        var epochs = 0
        var seconds = 0.0
        var loss = 0.0
    }

    private static let classes = 10

    let epochs: Int
    let examples: Examples

    /// Vectors that are a class's centre and 32 hidden causes, mixed at random: an autoencoder has something to find.
    init(vectors: Int, width: Int, epochs: Int) {
        self.epochs = epochs
        let causes = 32
        var random = SeededRandom(seed: 11)
        let mixing = (0..<causes * width).map { _ in random.normal() / 5 }
        let centres = (0..<Self.classes * causes).map { _ in random.normal() * 2 }
        var examples = Examples(width: width)
        for index in 0..<vectors {
            let label = index % Self.classes
            let hidden = (0..<causes).map { centres[label * causes + $0] + random.normal() }
            var input = [Float](repeating: 0, count: width)
            for (cause, amount) in hidden.enumerated() {
                for column in 0..<width { input[column] += amount * mixing[cause * width + column] }
            }
            // What a backbone gives has passed a rectifier.
            for column in 0..<width { input[column] = max(0, input[column] + random.normal() * 0.3) }
            examples.append(.init(input: input, label: label, isValidation: index % 11 == 10))
        }
        self.examples = examples
    }

    /// Trains both networks.
    func train(note: (String) -> Void) throws -> [Phase] {
        var settings = TrainingSettings()
        settings.epochs = epochs
        settings.patience = epochs
        let width = examples.width
        let recipe = Recipe.encoder(
            .init(
                width: width,
                code: min(128, width / 2),
                hidden: 64,
                classes: Self.classes,
                tunesEncoder: false
            )
        )
        let run = try TrainingRun(
            recipe,
            examples: examples,
            augmentation: Augmentation(),
            settings: settings
        )
        var phases: [Phase] = []
        while !run.isFinished {
            let name = run.phase
            if phases.last?.name != name {
                note("training the \(name)")
                phases.append(Phase(name: name))
            }
            let start = ContinuousClock.now
            guard let epoch = run.runEpoch(isStopped: { false }, progress: { _ in }) else { break }
            let place = phases.count - 1
            phases[place].seconds += Double((ContinuousClock.now - start) / .microseconds(1)) / 1e6
            phases[place].epochs = epoch.number
            phases[place].loss = epoch.validationLoss
        }
        return phases
    }

    /// Microseconds a record of a head that answers 64 at a time, the fastest of 21 rounds.
    func ask() -> Double {
        let network = Network([
            .dense(inputs: 512, outputs: 128), .rectifier(count: 128), .dense(inputs: 128, outputs: 64),
            .rectifier(count: 64), .dense(inputs: 64, outputs: Self.classes),
        ])
        var random = SeededRandom(seed: 1)
        let parameters = network.initialParameters(&random)
        let batch = (0..<64 * 512).map { _ in random.uniform() }
        var fastest = Double.infinity
        for _ in 0..<21 {
            let start = ContinuousClock.now
            var sum: Float = 0
            for _ in 0..<50 { sum += network.outputs(of: batch, parameters: parameters)[0] }
            // The sum is used, so that nothing is left out.
            guard sum.isFinite else { return .nan }
            fastest = min(fastest, Double((ContinuousClock.now - start) / .nanoseconds(1)) / 1000 / 50 / 64)
        }
        return fastest
    }

    /// Writes the inputs of some examples, row-major.
    func write(_ indices: [Int], to path: String) throws {
        var data = Data(capacity: indices.count * examples.width * 4)
        for index in indices {
            let row = examples.inputs[index * examples.width..<(index + 1) * examples.width]
            for value in row {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
            }
        }
        try data.write(to: URL(fileURLWithPath: path))
    }
}
