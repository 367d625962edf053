internal import Dispatch

/// Passes a batch through a network in a fixed number of parts, whose sums are added in a fixed order: how many
/// processors work on them changes nothing.
///
/// Confined to the task that calls it.
final class TrainingShards {
    private static let count = 4

    private let objective: Objective
    private let examples: Examples
    private let displacements: Displacements
    private let workspaces: [Workspace]
    private let guides: [Workspace]
    /// The first layer that learns.
    private let firstLayer: Int

    init(
        _ network: Network,
        firstLayer: Int,
        objective: Objective,
        examples: Examples,
        batch: Int
    ) {
        self.objective = objective
        self.examples = examples
        self.firstLayer = firstLayer
        displacements = Displacements(examples)
        let capacity = (batch + Self.count - 1) / Self.count
        workspaces = (0..<Self.count).map { _ in Workspace(network, capacity: capacity) }
        if case .reconstruction(let guide?) = objective {
            guides = (0..<Self.count).map { _ in Workspace(guide.classifier.network, capacity: capacity) }
        } else {
            guides = []
        }
    }

    /// The gradients of the last pass, to be summed in this order.
    var gradients: [FloatBuffer] { workspaces.map(\.gradient) }

    /// Passes examples forward, and back where slopes are asked for.
    ///
    /// - Parameters:
    ///   - indices: at most one batch.
    ///   - parameters: the network's.
    ///   - weights: what each example counts, one an example of the set.
    ///   - augmentation: how examples are varied.
    ///   - random: how they are varied this time.
    ///   - learns: whether ``gradients`` are wanted: slopes of the mean loss.
    /// - Returns: the losses, summed.
    func pass(
        _ indices: [Int],
        _ parameters: [Float],
        weights: [Float],
        _ augmentation: Augmentation,
        _ random: inout SeededRandom,
        learns: Bool
    ) -> ShardLoss {
        let size = (indices.count + Self.count - 1) / Self.count
        let parts = (0..<Self.count).map { shard in
            indices[min(shard * size, indices.count)..<min((shard + 1) * size, indices.count)]
        }
        for (workspace, part) in zip(workspaces, parts) {
            for (row, index) in part.enumerated() {
                let target = workspace.input + row * examples.width
                augmentation.write(index, of: examples, displacements, &random, to: target)
            }
        }
        let weight = indices.reduce(0) { $0 + Double(weights[$1]) }
        let scale = learns ? Float(1 / max(weight, 1e-9)) : nil
        var losses = [ShardLoss](repeating: ShardLoss(), count: Self.count)
        losses.withUnsafeMutableBufferPointer { losses in
            // Each shard writes its own place; the pointer does not outlive this call.
            nonisolated(unsafe) let (losses, shards) = (losses, self)
            DispatchQueue.concurrentPerform(iterations: Self.count) { shard in
                losses[shard] = shards.pass(shard, parts[shard], parameters, weights, scale)
            }
        }
        return losses.reduce(into: ShardLoss()) { $0.add($1) }
    }

    private func pass(
        _ shard: Int,
        _ rows: ArraySlice<Int>,
        _ parameters: [Float],
        _ weights: [Float],
        _ scale: Float?
    ) -> ShardLoss {
        let workspace = workspaces[shard]
        if scale != nil { workspace.gradient.clear() }
        guard !rows.isEmpty else { return ShardLoss() }
        return parameters.withUnsafeBufferPointer { parameters in
            guard let numbers = parameters.baseAddress else { return ShardLoss() }
            workspace.forward(numbers, count: rows.count)
            var loss = loss(workspace, rows, weights, scale)
            if case .reconstruction(let guide?) = objective {
                loss.add(follow(guide, guides[shard], workspace, rows, weights, scale))
            }
            if scale != nil { workspace.backward(numbers, count: rows.count, from: firstLayer) }
            return loss
        }
    }

    private func loss(
        _ workspace: Workspace,
        _ rows: ArraySlice<Int>,
        _ weights: [Float],
        _ scale: Float?
    ) -> ShardLoss {
        var total = ShardLoss()
        let count = workspace.network.outputCount
        for (row, index) in rows.enumerated() {
            let (outputs, weight) = (workspace.output + row * count, weights[index])
            let slopes = scale.map { _ in workspace.outputSlopes + row * count }
            let factor = (scale ?? 0) * weight
            total.weight += Double(weight)
            switch objective {
            case .classification:
                let result = crossEntropy(
                    outputs,
                    count: count,
                    label: examples.labels[index],
                    target: examples.targets[index],
                    scale: factor,
                    slopes: slopes
                )
                total.loss += Double(weight) * result.loss
                total.tally.count(result.answer, for: index, of: examples)
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

    /// What the guide makes of the workspace's outputs, whose slopes it adds to.
    private func follow(
        _ guide: Objective.Guide,
        _ follower: Workspace,
        _ workspace: Workspace,
        _ rows: ArraySlice<Int>,
        _ weights: [Float],
        _ scale: Float?
    ) -> ShardLoss {
        var total = ShardLoss()
        let (width, classes) = (workspace.network.outputCount, follower.network.outputCount)
        follower.input.update(from: workspace.output, count: rows.count * width)
        guide.classifier.parameters.withUnsafeBufferPointer { parameters in
            guard let numbers = parameters.baseAddress else { return }
            follower.forward(numbers, count: rows.count)
            for (row, index) in rows.enumerated() {
                let weight = weights[index] * guide.weight
                let result = crossEntropy(
                    follower.output + row * classes,
                    count: classes,
                    label: examples.labels[index],
                    target: examples.targets[index],
                    scale: (scale ?? 0) * weight,
                    slopes: scale.map { _ in follower.outputSlopes + row * classes }
                )
                total.loss += Double(weight) * result.loss
                total.tally.count(result.answer, for: index, of: examples)
            }
            guard scale != nil else { return }
            follower.backward(numbers, count: rows.count, givesInput: true, learns: false)
            let (sums, slopes) = (workspace.outputSlopes, follower.inputSlopes)
            for place in 0..<rows.count * width { sums[place] += slopes[place] }
        }
        return total
    }
}
