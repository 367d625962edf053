internal import Crypto
internal import Foundation
package import Runtime
package import Training

/// Trains what a recipe says, keeping a checkpoint beside the result so that it can be interrupted.
package struct TrainingSession: Sendable {
    /// What happens, as it happens.
    package enum Event: Sendable {
        /// A checkpoint was taken up: the network's name and the epochs that were done.
        case resumed(phase: String, epochs: Int)
        /// Examples shown of those in an epoch.
        case shown(Int, of: Int)
        /// An epoch of a network is done.
        case finished(Trainer.Epoch, phase: String)
    }

    /// How a training ended.
    package struct Outcome: Sendable {
        /// The best of the last network; nil when that was not reached.
        package let result: TrainingRun.Result?
        /// Whether it came to its end.
        package let isFinished: Bool
        /// Every epoch that was run, and of which network.
        package let epochs: [(phase: String, epoch: Trainer.Epoch)]
    }

    /// What is trained.
    package let recipe: Recipe
    /// How examples are varied.
    package let augmentation: Augmentation
    /// How long and in what steps.
    package let settings: TrainingSettings
    /// The classifier that an autoencoder is to stand before, where it helps to train it.
    package let guide: Objective.Guide?
    /// Where a checkpoint goes; nil for none.
    package let checkpoint: String?

    /// A session.
    package init(
        _ recipe: Recipe,
        augmentation: Augmentation,
        settings: TrainingSettings,
        guide: Objective.Guide? = nil,
        checkpoint: String?
    ) {
        self.recipe = recipe
        self.augmentation = augmentation
        self.settings = settings
        self.guide = guide
        self.checkpoint = checkpoint
    }

    /// Trains on a thread of its own.
    ///
    /// - Parameters:
    ///   - data: examples.
    ///   - resumes: whether it goes on from the checkpoint, where there is one.
    ///   - stop: raised to end early; the checkpoint then says how far it came.
    ///   - report: told what happens, from the training's thread.
    /// - Returns: how it ended.
    /// - Throws: `TrainingError`, or why the checkpoint cannot be read or written.
    package func run(
        on data: TrainingData,
        resumes: Bool,
        stop: StopFlag,
        report: @escaping @Sendable (Event) -> Void
    ) async throws -> Outcome {
        let outcomes = await WorkerPool(width: 1).map(count: 1) { _ in
            Result { try train(data, resumes, stop, report) }
        }
        guard let outcome = outcomes.first else { throw CancellationError() }
        return try outcome.get()
    }

    private func train(
        _ data: TrainingData,
        _ resumes: Bool,
        _ stop: StopFlag,
        _ report: (Event) -> Void
    ) throws -> Outcome {
        let run = try TrainingRun(
            recipe,
            examples: data.examples,
            augmentation: augmentation,
            settings: settings,
            guide: guide
        )
        let fingerprint = fingerprint(of: data)
        if resumes, let checkpoint, FileManager.default.fileExists(atPath: checkpoint) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: checkpoint))
            try run.restore([UInt8](bytes), fingerprint: fingerprint)
            report(.resumed(phase: run.phase, epochs: run.epoch))
        }
        var epochs: [(phase: String, epoch: Trainer.Epoch)] = []
        var saved = ContinuousClock.now
        while !run.isFinished {
            let (phase, total) = (run.phase, run.examplesInEpoch)
            let epoch = run.runEpoch(
                isStopped: { stop.isRaised },
                progress: { report(.shown($0, of: total)) }
            )
            guard let epoch else { break }
            epochs.append((phase, epoch))
            report(.finished(epoch, phase: phase))
            guard ContinuousClock.now - saved > .seconds(10) else { continue }
            try save(run, fingerprint)
            saved = .now
        }
        if run.isFinished { try removeCheckpoint() } else { try save(run, fingerprint) }
        return Outcome(result: run.result, isFinished: run.isFinished, epochs: epochs)
    }

    /// What a checkpoint must agree with: another split, noise or seed is another training.
    private func fingerprint(of data: TrainingData) -> String {
        let numbers = guide.map { "\($0.weight) \($0.classifier.parameters)" } ?? "no guide"
        let all = "\(data.digest) \(recipe) \(augmentation) \(settings) \(numbers) \(matrixKernels)"
        return sha256Hex(Array(all.utf8))
    }

    private func save(_ run: TrainingRun, _ fingerprint: String) throws {
        guard let checkpoint else { return }
        let bytes = run.checkpoint(fingerprint: fingerprint)
        try Data(bytes).write(to: URL(fileURLWithPath: checkpoint), options: .atomic)
    }

    private func removeCheckpoint() throws {
        guard let checkpoint, FileManager.default.fileExists(atPath: checkpoint) else { return }
        try FileManager.default.removeItem(atPath: checkpoint)
    }
}
