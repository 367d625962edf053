internal import Glibc

/// Trains one network by Adam (Kingma and Ba 2015), an epoch at a time.
///
/// Confined to the task that calls it.
package final class Trainer {
    /// What has been reached.
    package private(set) var state: TrainerState
    /// What is trained.
    package let network: Network
    private let objective: Objective
    private let examples: Examples
    private let augmentation: Augmentation
    private let settings: TrainingSettings
    private let firstLayer: Int
    private let shards: TrainingShards

    /// A training that has not begun.
    ///
    /// - Parameters:
    ///   - network: what is trained.
    ///   - parameters: where it starts; random ones where nil.
    ///   - frozenLayers: how many of the first layers stay as they are.
    ///   - objective: what for.
    ///   - examples: with at least one to teach and one to judge.
    ///   - augmentation: how they are varied.
    ///   - settings: how long and in what steps.
    package init(
        _ network: Network,
        startingAt parameters: [Float]? = nil,
        frozenLayers: Int = 0,
        objective: Objective,
        examples: Examples,
        augmentation: Augmentation,
        settings: TrainingSettings
    ) {
        var random = SeededRandom(seed: settings.seed)
        var start = network.initialParameters(&random)
        if let parameters { start.replaceSubrange(0..<parameters.count, with: parameters) }
        state = TrainerState(parameters: start, random: random)
        if settings.cleanDisagreement != nil, objective.tellsClasses {
            // However many adversarial examples there are, all of them together count so much beside the clean ones. Clean
            // ones first: the budget may then be used up, rather than won back.
            state.adversarialScale = 0.3 * Self.balance(of: examples)
        }
        self.network = network
        self.objective = objective
        self.examples = examples
        self.augmentation = augmentation
        self.settings = settings
        firstLayer = frozenLayers
        shards = TrainingShards(
            network,
            firstLayer: frozenLayers,
            objective: objective,
            examples: examples,
            batch: settings.batch
        )
    }

    /// Whether nothing is left to do: all epochs are done, or the last ones brought nothing.
    package var isFinished: Bool {
        // A budget is steered to, epoch after epoch, which takes its time.
        let isPatient = settings.cleanDisagreement != nil && objective.tellsClasses
        return state.epoch >= settings.epochs
            || !isPatient && state.epoch - state.bestEpoch >= settings.patience
    }

    /// Goes on from a state that an equal training reached.
    ///
    /// - Parameter state: of a network of this size.
    /// - Throws: `wrongCheckpoint`.
    package func restore(_ state: TrainerState) throws(TrainingError) {
        guard state.parameters.count == network.parameterCount else {
            throw .wrongCheckpoint(reason: "it holds another network")
        }
        self.state = state
    }

    /// Shows every training example once, then judges.
    ///
    /// - Parameters:
    ///   - isStopped: asked between steps; when it says yes, the epoch is forgotten.
    ///   - progress: told how many examples have been shown.
    /// - Returns: how it went; nil when it was stopped.
    package func runEpoch(isStopped: () -> Bool, progress: (Int) -> Void) -> Epoch? {
        let before = state
        var order = examples.training
        state.random.shuffle(&order)
        var total = ShardLoss()
        let weights = scaledWeights
        for start in stride(from: 0, to: order.count, by: settings.batch) {
            guard !isStopped() else {
                state = before
                return nil
            }
            let batch = order[start..<min(start + settings.batch, order.count)]
            total.add(step(Array(batch), weights, epochPart: Double(start) / Double(order.count)))
            progress(start + batch.count)
        }
        state.epoch += 1
        let judged = judge()
        let cost = cost(of: judged)
        if cost < state.bestLoss {
            state.bestLoss = cost
            state.bestEpoch = state.epoch
            state.best = state.parameters
        }
        balance(judged.tally)
        return Epoch(
            number: state.epoch,
            loss: total.loss / max(total.weight, 1e-9),
            validationLoss: judged.loss,
            tally: judged.tally
        )
    }

    /// What an epoch is chosen by, the less the better: the validation loss or, with a budget, first keeping to it,
    /// then what attacks still achieve, then the loss.
    private func cost(of judged: (loss: Double, tally: Tally)) -> Double {
        guard let budget = settings.cleanDisagreement, judged.tally.clean > 0 else { return judged.loss }
        let excess = max(0, judged.tally.cleanDisagreement - budget)
        let missed = 1 - (judged.tally.recovery + judged.tally.adversarialDisagreement) / 2
        return 1000 * excess + missed + 1e-3 * min(judged.loss, 1e3)
    }

    /// Lets adversarial examples count less in the next epoch when clean ones suffer, and more when there is room.
    private func balance(_ tally: Tally) {
        guard let budget = settings.cleanDisagreement, tally.clean > 0 else { return }
        // Where not even half of it is used there is far to go, in few epochs.
        let hasMuchRoom = tally.cleanDisagreement <= budget / 2
        let factor: Float = tally.cleanDisagreement > budget ? 0.7 : hasMuchRoom ? 1.6 : 1.2
        state.adversarialScale = min(max(state.adversarialScale * factor, 0.005), 50)
    }

    /// What an adversarial example must count for all that teach to weigh as much as the clean ones do.
    private static func balance(of examples: Examples) -> Float {
        var (clean, adversarial): (Float, Float) = (0, 0)
        for index in examples.training {
            if examples.isClean[index] {
                clean += examples.weights[index]
            } else {
                adversarial += examples.weights[index]
            }
        }
        return adversarial > 0 ? clean / adversarial : 1
    }

    /// What each example counts now.
    private var scaledWeights: [Float] {
        guard state.adversarialScale != 1 else { return examples.weights }
        return examples.weights.indices.map {
            examples.weights[$0] * (examples.isClean[$0] ? 1 : state.adversarialScale)
        }
    }

    /// The loss of the given examples as they are, and its slope by every parameter.
    ///
    /// - Parameter indices: at most one batch.
    /// - Returns: the mean loss, and as many slopes as the network has parameters.
    package func gradient(of indices: [Int]) -> (loss: Double, slopes: [Float]) {
        var random = SeededRandom(seed: 0)
        let loss = shards.pass(
            indices,
            state.parameters,
            weights: examples.weights,
            Augmentation(),
            &random,
            learns: true
        )
        var slopes = [Float](repeating: 0, count: network.parameterCount)
        for gradient in shards.gradients {
            for place in slopes.indices { slopes[place] += gradient.values[place] }
        }
        return (loss.loss / loss.weight, slopes)
    }

    private func step(_ indices: [Int], _ weights: [Float], epochPart: Double) -> ShardLoss {
        let loss = shards.pass(
            indices,
            state.parameters,
            weights: weights,
            augmentation,
            &state.random,
            learns: true
        )
        state.steps += 1
        let place = (Double(state.epoch) + epochPart) / Double(settings.epochs)
        let rate = Double(settings.learningRate) * (0.1 + 0.45 * (1 + cos(Double.pi * min(1, place))))
        let first = firstLayer < network.offsets.count ? network.offsets[firstLayer] : network.parameterCount
        state.descend(shards.gradients, from: first, rate: rate)
        return loss
    }

    /// The validation loss of varied examples (always in the same way), and what is answered to them as they are.
    private func judge() -> (loss: Double, tally: Tally) {
        var random = SeededRandom(seed: settings.seed ^ 0x7661_6C69_6461_7465)
        let varied = evaluate(augmentation, &random)
        let tally = objective.tellsClasses ? evaluate(Augmentation(), &random).tally : Tally()
        return (varied.loss / max(varied.weight, 1e-9), tally)
    }

    private func evaluate(_ augmentation: Augmentation, _ random: inout SeededRandom) -> ShardLoss {
        var total = ShardLoss()
        let indices = examples.validation
        for start in stride(from: 0, to: indices.count, by: settings.batch) {
            let batch = Array(indices[start..<min(start + settings.batch, indices.count)])
            total.add(
                shards.pass(
                    batch,
                    state.parameters,
                    weights: examples.weights,
                    augmentation,
                    &random,
                    learns: false
                )
            )
        }
        return total
    }
}
