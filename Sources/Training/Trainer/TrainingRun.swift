/// Trains what a recipe says, network after network, an epoch at a time; may be stored in between and resumed.
///
/// Confined to the task that calls it.
package final class TrainingRun {
    /// A trained network, taking and giving numbers as they are logged.
    package struct Result: Sendable {
        /// The layers.
        package let network: Network
        /// Its numbers.
        package let parameters: [Float]
        /// The epoch that they are of.
        package let epoch: Int
    }

    private let phases: [Recipe.Phase]
    private let recipe: Recipe
    private let examples: Examples
    private let augmentation: Augmentation
    private let settings: TrainingSettings
    private let standardization: Standardization?
    private var finished: [[Float]] = []
    private var trainer: Trainer

    /// A training that has not begun.
    ///
    /// - Parameters:
    ///   - recipe: what is trained.
    ///   - examples: of the recipe's width.
    ///   - augmentation: how they are varied; noise is in standard deviations of a feature, or in units of a pixel.
    ///   - settings: how long and in what steps.
    ///   - guide: the classifier that an autoencoder is to stand before, where it helps to train it.
    /// - Throws: `unsuitable` when there are too few examples.
    package init(
        _ recipe: Recipe,
        examples: Examples,
        augmentation: Augmentation,
        settings: TrainingSettings,
        guide: Objective.Guide? = nil
    ) throws(TrainingError) {
        guard examples.training.count(where: { examples.isClean[$0] }) >= 20, !examples.validation.isEmpty
        else {
            throw .unsuitable(
                reason:
                    "\(examples.training.count) records to learn from and \(examples.validation.count) to judge "
                    + "by are too few; give more logs"
            )
        }
        var examples = examples
        standardization = recipe.standardizes ? examples.standardize() : nil
        let standardization = standardization
        let phases = recipe.phases(guide.map { standardization?.unfolded(before: $0) ?? $0 })
        self.recipe = recipe
        self.phases = phases
        self.examples = examples
        self.augmentation = augmentation
        self.settings = settings
        trainer = Self.trainer(phases[0], phases[0].start, examples, augmentation, settings)
    }

    /// The name of the network in training, such as `autoencoder`.
    package var phase: String { phases[min(finished.count, phases.count - 1)].name }
    /// The place of that network among those of the recipe, from 1.
    package var phaseNumber: Int { min(finished.count + 1, phases.count) }
    /// Networks in all.
    package var phaseCount: Int { phases.count }
    /// Training examples in an epoch.
    package var examplesInEpoch: Int { examples.training.count }
    /// Epochs finished of the network in training.
    package var epoch: Int { trainer.state.epoch }
    /// Whether the last network is trained.
    package var isFinished: Bool { finished.count == phases.count }

    /// Runs an epoch of the network in training, and goes on to the next network after its last.
    ///
    /// - Parameters:
    ///   - isStopped: asked between steps; when it says yes, the epoch is forgotten.
    ///   - progress: told how many examples have been shown.
    /// - Returns: how it went; nil when it was stopped or all is done.
    package func runEpoch(isStopped: () -> Bool, progress: (Int) -> Void) -> Trainer.Epoch? {
        guard !isFinished, let epoch = trainer.runEpoch(isStopped: isStopped, progress: progress) else {
            return nil
        }
        if trainer.isFinished {
            finished.append(trainer.state.best)
            if !isFinished { startPhase() }
        }
        return epoch
    }

    /// The best of the last network so far; nil while that has not finished an epoch.
    package var result: Result? {
        guard finished.count >= phases.count - 1, trainer.state.bestEpoch > 0 else { return nil }
        var parameters = trainer.state.best
        standardization?.foldIntoInput(&parameters, of: trainer.network)
        if case .reconstruction = phases[phases.count - 1].objective {
            standardization?.foldIntoOutput(&parameters, of: trainer.network)
        }
        return Result(network: trainer.network, parameters: parameters, epoch: trainer.state.bestEpoch)
    }

    /// All that has been reached.
    ///
    /// - Parameter fingerprint: tells this training from one with other data or settings.
    /// - Returns: bytes that ``restore(_:fingerprint:)`` takes.
    package func checkpoint(fingerprint: String) -> [UInt8] {
        Checkpoint(fingerprint: fingerprint, finished: finished, state: trainer.state).encoded
    }

    /// Goes on where an equal training was.
    ///
    /// - Parameters:
    ///   - bytes: what ``checkpoint(fingerprint:)`` gave.
    ///   - fingerprint: of this training.
    /// - Throws: `wrongCheckpoint`.
    package func restore(_ bytes: [UInt8], fingerprint: String) throws(TrainingError) {
        let checkpoint = try Checkpoint(bytes)
        guard checkpoint.fingerprint == fingerprint else {
            throw .wrongCheckpoint(reason: "it is of a training with other records or settings")
        }
        guard checkpoint.finished.count <= phases.count,
            zip(checkpoint.finished, phases).allSatisfy({ $0.count == $1.network.parameterCount })
        else { throw .wrongCheckpoint(reason: "it holds another network") }
        finished = checkpoint.finished
        if isFinished { finished.removeLast() }
        startPhase()
        try trainer.restore(checkpoint.state)
        if trainer.isFinished { finished.append(trainer.state.best) }
    }

    private func startPhase() {
        let prefix = finished.last.map { Array($0.prefix(recipe.sharedParameters)) } ?? phases[0].start
        trainer = Self.trainer(phases[finished.count], prefix, examples, augmentation, settings)
    }

    private static func trainer(
        _ phase: Recipe.Phase,
        _ prefix: [Float],
        _ examples: Examples,
        _ augmentation: Augmentation,
        _ settings: TrainingSettings
    ) -> Trainer {
        Trainer(
            phase.network,
            startingAt: prefix,
            frozenLayers: phase.frozenLayers,
            objective: phase.objective,
            examples: examples,
            augmentation: augmentation,
            settings: settings
        )
    }
}
