internal import Dispatch
internal import Glibc

/// Trains one network by Adam (Kingma and Ba 2015), an epoch at a time.
///
/// A batch is cut into a fixed number of shards whose gradients are summed in a fixed order: how many processors work on
/// them changes nothing. Confined to the task that calls it.
package final class Trainer {
    /// How an epoch went.
    package struct Epoch: Hashable, Sendable {
        /// From 1.
        package let number: Int
        /// The mean training loss.
        package let loss: Double
        /// The mean validation loss.
        package let validationLoss: Double
        /// The share of clean validation examples whose label was met; nil for a reconstruction.
        package let accuracy: Double?
    }

    private static let shards = 4

    /// What has been reached.
    package private(set) var state: TrainerState
    /// What is trained.
    package let network: Network
    private let objective: Objective
    private let examples: Examples
    private let augmentation: Augmentation
    private let displacements: Displacements
    private let settings: TrainingSettings
    private let firstLayer: Int
    private let workspaces: [Workspace]

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
        self.network = network
        self.objective = objective
        self.examples = examples
        self.augmentation = augmentation
        self.settings = settings
        displacements = Displacements(examples)
        firstLayer = frozenLayers
        let capacity = (settings.batch + Self.shards - 1) / Self.shards
        workspaces = (0..<Self.shards).map { _ in Workspace(network, capacity: capacity) }
    }

    /// Whether nothing is left to do: all epochs are done, or the last ones brought nothing.
    package var isFinished: Bool {
        state.epoch >= settings.epochs || state.epoch - state.bestEpoch >= settings.patience
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
        for start in stride(from: 0, to: order.count, by: settings.batch) {
            guard !isStopped() else {
                state = before
                return nil
            }
            let batch = order[start..<min(start + settings.batch, order.count)]
            total.add(step(Array(batch), epochPart: Double(start) / Double(order.count)))
            progress(start + batch.count)
        }
        state.epoch += 1
        let judged = judge()
        if judged.loss < state.bestLoss {
            state.bestLoss = judged.loss
            state.bestEpoch = state.epoch
            state.best = state.parameters
        }
        return Epoch(
            number: state.epoch,
            loss: total.loss / max(total.weight, 1e-9),
            validationLoss: judged.loss,
            accuracy: judged.accuracy
        )
    }

    /// The loss of the given examples as they are, and its slope by every parameter.
    ///
    /// - Parameter indices: at most one batch.
    /// - Returns: the mean loss, and as many slopes as the network has parameters.
    package func gradient(of indices: [Int]) -> (loss: Double, slopes: [Float]) {
        let weight = indices.reduce(0) { $0 + Double(examples.weights[$1]) }
        var random = SeededRandom(seed: 0)
        let loss = share(indices, Augmentation(), &random) { workspace, rows in
            workspace.gradient.clear()
            return self.pass(workspace, rows, slopesBy: Float(1 / weight))
        }
        var slopes = [Float](repeating: 0, count: network.parameterCount)
        for workspace in workspaces {
            for place in slopes.indices { slopes[place] += workspace.gradient.values[place] }
        }
        return (loss.loss / loss.weight, slopes)
    }

    private func step(_ indices: [Int], epochPart: Double) -> ShardLoss {
        let weight = indices.reduce(0) { $0 + Double(examples.weights[$1]) }
        var random = state.random
        let loss = share(indices, augmentation, &random) { workspace, rows in
            workspace.gradient.clear()
            return self.pass(workspace, rows, slopesBy: Float(1 / max(weight, 1e-9)))
        }
        state.random = random
        state.steps += 1
        let place = (Double(state.epoch) + epochPart) / Double(settings.epochs)
        let rate = Double(settings.learningRate) * (0.1 + 0.45 * (1 + cos(Double.pi * min(1, place))))
        let first = firstLayer < network.offsets.count ? network.offsets[firstLayer] : network.parameterCount
        state.descend(workspaces.map(\.gradient), from: first, rate: rate)
        return loss
    }

    /// The validation loss of varied examples (always in the same way), and how many clean ones are met as they are.
    private func judge() -> (loss: Double, accuracy: Double?) {
        var random = SeededRandom(seed: settings.seed ^ 0x7661_6C69_6461_7465)
        let varied = evaluate(examples.validation, augmentation, &random)
        guard objective == .classification else { return (varied.loss / max(varied.weight, 1e-9), nil) }
        let clean = examples.validation.filter { examples.isClean[$0] }
        let plain = evaluate(clean, Augmentation(), &random)
        return (varied.loss / max(varied.weight, 1e-9), Double(plain.hits) / Double(max(clean.count, 1)))
    }

    private func evaluate(
        _ indices: [Int],
        _ augmentation: Augmentation,
        _ random: inout SeededRandom
    ) -> ShardLoss {
        var total = ShardLoss()
        for start in stride(from: 0, to: indices.count, by: settings.batch) {
            let batch = Array(indices[start..<min(start + settings.batch, indices.count)])
            total.add(
                share(batch, augmentation, &random) { workspace, rows in
                    self.pass(workspace, rows, slopesBy: nil)
                }
            )
        }
        return total
    }

    /// Fills the shards, works on them side by side and sums what they say, first to last.
    private func share(
        _ indices: [Int],
        _ augmentation: Augmentation,
        _ random: inout SeededRandom,
        _ body: (Workspace, ArraySlice<Int>) -> ShardLoss
    ) -> ShardLoss {
        let size = (indices.count + Self.shards - 1) / Self.shards
        let parts = (0..<Self.shards).map { shard in
            indices[min(shard * size, indices.count)..<min((shard + 1) * size, indices.count)]
        }
        for (workspace, part) in zip(workspaces, parts) {
            for (row, index) in part.enumerated() {
                let target = workspace.input + row * examples.width
                augmentation.write(index, of: examples, displacements, &random, to: target)
            }
        }
        var losses = [ShardLoss](repeating: ShardLoss(), count: Self.shards)
        losses.withUnsafeMutableBufferPointer { losses in
            // Each shard writes its own place; the pointer does not outlive this call.
            nonisolated(unsafe) let (losses, body, workspaces) = (losses, body, workspaces)
            DispatchQueue.concurrentPerform(iterations: Self.shards) { shard in
                losses[shard] = body(workspaces[shard], parts[shard])
            }
        }
        return losses.reduce(into: ShardLoss()) { $0.add($1) }
    }

    private func pass(_ workspace: Workspace, _ rows: ArraySlice<Int>, slopesBy scale: Float?) -> ShardLoss {
        guard !rows.isEmpty else { return ShardLoss() }
        return state.parameters.withUnsafeBufferPointer { parameters in
            guard let weights = parameters.baseAddress else { return ShardLoss() }
            workspace.forward(weights, count: rows.count)
            let loss = loss(workspace, rows, scale)
            if scale != nil { workspace.backward(weights, count: rows.count, from: firstLayer) }
            return loss
        }
    }

    private func loss(_ workspace: Workspace, _ rows: ArraySlice<Int>, _ scale: Float?) -> ShardLoss {
        var total = ShardLoss()
        let count = network.outputCount
        for (row, index) in rows.enumerated() {
            let (outputs, weight) = (workspace.output + row * count, examples.weights[index])
            let slopes = scale.map { _ in workspace.outputSlopes + row * count }
            let factor = (scale ?? 0) * weight
            total.weight += Double(weight)
            switch objective {
            case .classification:
                let result = crossEntropy(
                    outputs,
                    count: count,
                    label: examples.labels[index],
                    scale: factor,
                    slopes: slopes
                )
                total.loss += Double(weight) * result.loss
                total.hits += result.isHit ? 1 : 0
            case .reconstruction:
                examples.inputs.withUnsafeBufferPointer { inputs in
                    guard let wanted = inputs.baseAddress else { return }
                    let start = wanted + examples.origins[index] * count
                    total.loss +=
                        Double(weight)
                        * squaredError(outputs, start, count: count, scale: factor, slopes: slopes)
                }
            }
        }
        return total
    }
}
